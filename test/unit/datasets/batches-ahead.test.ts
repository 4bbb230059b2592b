import { afterEach, expect, test } from 'vitest';
import { startMakers, type MakerThreads } from '../../../sidecar/datasets/batches-ahead.ts';
import type { EpochOrder } from '../../../sidecar/engines/engine.ts';
import { entryPath } from '../../../sidecar/work/entry.ts';
import { dataSettings, greyPng, workspaceWith } from './workspace.ts';

const started: MakerThreads[] = [];
afterEach(async () => {
  for (const makers of started.splice(0)) await makers.close();
});

const prepare = async () => {
  const names = ['cat', 'dog', 'hen'];
  const files = names.flatMap((name, index) =>
    Array.from({ length: 20 }, (_, at) => [
      `data/${name}/${at}.png`,
      greyPng(Array.from({ length: 16 }, (_value, sample) => (index * 80 + at * 3 + sample * 5) % 256)),
    ]),
  );
  const workspace = workspaceWith(Object.fromEntries(files) as Record<string, Uint8Array>);
  const open = await workspace.featurize('data', { split: { train: 1, validation: 0, test: 0 } });
  const start = (makers: number, augment: readonly object[], place: 'memory' | 'file' = 'memory') => {
    const isBlended = augment.some((change) => 'mixup' in change || 'cutmix' in change);
    const threads = startMakers({
      entry: entryPath('batches'),
      makers,
      featuresFolder: workspace.featuresFolder,
      hash: open.features.hash,
      rows: place === 'memory' ? open.memory : null,
      augment: dataSettings({ augment }).augment,
      outputs: 3,
      rowLength: 16,
      targetLength: isBlended ? 3 : 1,
    });
    started.push(threads);
    return threads;
  };
  return { start, open };
};

const rows = 60;
const epochOf = (epoch: number, first = 0): EpochOrder => ({
  epoch,
  seed: 4,
  order: Uint32Array.from({ length: rows }, (_, at) => (at * 37) % rows),
  starts: [0, 16, 32, 48],
  first,
});
const take = ({ batches }: MakerThreads, order: EpochOrder, wanted = 4 - order.first, targetLength = 1) => {
  const made = batches(order);
  const taken = Array.from({ length: wanted }, () => {
    const [inputs, targets] = [new Float32Array(16 * 16), new Float32Array(16 * targetLength)];
    made.next(inputs, targets);
    return { inputs, targets };
  });
  made.close();
  return taken;
};

const augment = [{ flip: 'horizontal' }, { crop: 1 }, { rotate: 20 }, { erase: 0.5 }];

test('batches are the same for any number of threads, epoch for epoch, and otherwise in another epoch', async () => {
  const { start } = await prepare();
  const [one, three] = [start(1, augment), start(3, augment)];
  const first = take(one, epochOf(1));
  expect(take(three, epochOf(1))).toEqual(first);
  expect(take(three, epochOf(2))).not.toEqual(first);
  expect(take(one, epochOf(2))).toEqual(take(three, epochOf(2)));
});

test('an epoch that goes on within has the batches that the whole one has there', async () => {
  const { start } = await prepare();
  const makers = start(2, augment);
  const whole = take(makers, epochOf(3));
  expect(take(makers, epochOf(3, 2))).toEqual(whole.slice(2));
});

test('without changes the rows come as they are, from memory and from the file', async () => {
  const { start, open } = await prepare();
  const expected = [0, 16, 32, 48].map((from) => {
    const [inputs, targets] = [new Float32Array(16 * 16), new Float32Array(16)];
    open.source('train').read(epochOf(1).order.subarray(from, from + 16), inputs, targets);
    return { inputs, targets };
  });
  expect(take(start(2, []), epochOf(1))).toEqual(expected);
  expect(take(start(2, [], 'file'), epochOf(1))).toEqual(expected);
});

test('blended batches come with distributions', async () => {
  const { start } = await prepare();
  const makers = start(2, [{ mixup: 0.4 }]);
  const masses = take(makers, epochOf(1), 4, 3).map(({ targets }) => targets.reduce((sum, share) => sum + share));
  // The last batch has twelve rows.
  for (const [at, mass] of masses.entries()) expect(mass).toBeCloseTo([16, 16, 16, 12][at]!, 4);
});

test('an epoch that is left early leaves the threads free for the next one', async () => {
  const { start } = await prepare();
  const makers = start(2, augment);
  const whole = take(makers, epochOf(1));
  for (let tried = 0; tried < 5; tried++) take(makers, epochOf(2), tried % 3);
  expect(take(makers, epochOf(1))).toEqual(whole);
});

test('the time of waiting is told, and what fails in a thread fails at the next batch, in its words', async () => {
  const { start } = await prepare();
  const makers = start(1, [], 'file');
  const made = makers.batches(epochOf(1));
  made.next(new Float32Array(256), new Float32Array(16));
  expect(made.waitedMs()).toBeGreaterThan(0);
  made.close();
  const broken = makers.batches({ ...epochOf(1), order: epochOf(1).order.map((row) => row + 1) });
  expect(() => {
    for (let batch = 0; batch < 4; batch++) broken.next(new Float32Array(256), new Float32Array(16));
  }).toThrow(/A batch could not be made: The train part has no row 60/);
  broken.close();
});
