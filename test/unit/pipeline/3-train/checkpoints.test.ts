import { readFileSync, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { RunId } from '../../../../sidecar/contract/ids.ts';
import type { Checkpoint } from '../../../../sidecar/engines/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../../../sidecar/pipeline/3-train/checkpoint-file.ts';
import { openCheckpointFolder, sweepCheckpoints } from '../../../../sidecar/pipeline/3-train/checkpoint-folder.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

let folder: string;
beforeEach(() => {
  folder = freshFolder();
});

const run = RunId.parse('r7');

const checkpointAt = (epoch: number, step: number): Checkpoint => ({
  standing: {
    epoch,
    batch: step % 3,
    step,
    losses: 0.1 + step,
    right: 4,
    best: { epoch: epoch - 1, metrics: { val_loss: 1 / 3 }, worse: 1, plateaus: 0 },
    mathMs: 5.5,
    totalMs: 7.25,
  },
  state: new Map([
    ['weight', Float32Array.of(step, Number.NaN, -0, 1e-45)],
    ['weight__m', new Float32Array(0)],
  ]),
  best: new Map([['weight', Float32Array.of(1, 2, 3, 4)]]),
});

const open = (more: Partial<Parameters<typeof openCheckpointFolder>[0]> = {}) => {
  const said: string[] = [];
  const opened = openCheckpointFolder({
    folder,
    run,
    batchSize: () => 32,
    everyEpochs: 1,
    keep: 2,
    log: (_, text) => void said.push(text),
    ...more,
  });
  return { ...opened, said };
};

const files = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.checkpoint'))
    .toSorted();

describe('a checkpoint in a file', () => {
  const stored = { ...checkpointAt(2, 5), run, batchSize: 32, points: { count: 3, hash: 'abc' } };

  test('is read as it was written, to the bit', () => {
    const path = join(folder, 'one.checkpoint');
    writeCheckpoint(path, stored);
    expect(readCheckpoint(path)).toEqual(stored);
    expect(readdirSync(folder)).toEqual(['one.checkpoint']);
  });

  test('is not taken for whole when any byte of it was flipped or any part of it is missing', () => {
    const path = join(folder, 'one.checkpoint');
    writeCheckpoint(path, stored);
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, torn) => {
        const damaged = Buffer.from(torn ? whole.subarray(0, at) : whole);
        if (!torn) damaged[at] = (damaged[at] ?? 0) ^ change;
        writeFileSync(path, damaged);
        expect(readCheckpoint(path)).toBeUndefined();
      }),
    );
  });
});

describe('the checkpoints of a training', () => {
  test('are the newest ones, as many as are to be kept', () => {
    const { keep, close } = open();
    for (const step of [3, 6, 9, 12]) keep(checkpointAt(step / 3 + 1, step));
    close();
    expect(files()).toHaveLength(2);
    const again = open();
    expect(again.last).toMatchObject({ run: 'r7', batchSize: 32, standing: { step: 12 } });
    expect(again.said).toEqual([]);
    again.close();
  });

  test('give the one before where the newest is torn, and say so', () => {
    const { keep, close } = open();
    for (const step of [3, 6]) keep(checkpointAt(step / 3 + 1, step));
    close();
    const newest = files().at(-1)!;
    truncateSync(join(folder, newest), 100);
    const again = open();
    expect(again.last?.standing.step).toBe(3);
    expect(again.said).toEqual([
      `the checkpoint ${newest} is damaged; it is removed, and the one before it is looked for`,
    ]);
    again.close();
    expect(files()).toHaveLength(1);
  });

  test('carry the curves up to each of them and forget what came after', () => {
    const point = (step: number) => ({ name: 'train_loss', step, epoch: 1, value: 1 / step, at: 1000 + step });
    const first = open();
    for (const step of [1, 2]) first.addPoint(point(step));
    first.keep(checkpointAt(1, 2));
    for (const step of [3, 4]) first.addPoint(point(step));
    first.keep(checkpointAt(1, 4));
    first.addPoint(point(5));
    first.close();
    truncateSync(join(folder, files().at(-1)!), 10);
    const second = open();
    expect(second.points).toEqual([point(1), point(2)]);
    second.addPoint(point(3));
    second.keep(checkpointAt(1, 3));
    second.close();
    const third = open();
    expect(third.points).toEqual([point(1), point(2), point(3)]);
    third.close();
  });

  test('go on without curves that are damaged, and say so', () => {
    const first = open();
    first.addPoint({ name: 'train_loss', step: 1, epoch: 1, value: 2, at: 3 });
    first.keep(checkpointAt(1, 1));
    first.close();
    const path = join(folder, 'curves.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('2', '7'));
    const second = open();
    expect(second.last?.standing.step).toBe(1);
    expect(second.points).toEqual([]);
    expect(second.said[0]).toContain('the curves up to the checkpoint are damaged');
    second.close();
  });

  test('are due at the end of every so many epochs, and within one when time has passed', async () => {
    const { isDue, close } = open({ everyEpochs: 2, everyMs: 20 });
    expect([isDue(), isDue(1), isDue(2)]).toEqual([false, false, true]);
    await new Promise((resolve) => setTimeout(resolve, 25));
    expect(isDue()).toBe(true);
    close();
  });

  test('take no more than a twentieth of the time', async () => {
    const { isDue, keep, close } = open();
    keep(checkpointAt(1, 1));
    expect(isDue(1)).toBe(false);
    await expect.poll(() => isDue(1), { timeout: 5_000 }).toBe(true);
    close();
  });

  test('are given up when nobody has gone on with the training for thirty days', () => {
    const now = new Date();
    for (const name of ['mine', 'recent', 'old']) sweepCheckpoints(folder, name, now);
    const days = (count: number) => new Date(now.getTime() - count * 86_400_000);
    utimesSync(join(folder, 'mine'), days(90), days(90));
    utimesSync(join(folder, 'recent'), days(29), days(29));
    utimesSync(join(folder, 'old'), days(31), days(31));
    sweepCheckpoints(folder, 'mine', now);
    expect(readdirSync(folder).toSorted()).toEqual(['mine', 'recent']);
  });
});
