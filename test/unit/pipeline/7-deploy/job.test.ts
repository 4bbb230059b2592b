import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Features } from '../../../../sidecar/contract/features.ts';
import { Hash } from '../../../../sidecar/contract/ids.ts';
import { openFeatureWriter } from '../../../../sidecar/datasets/feature-writer.ts';
import { referenceJob } from '../../../../sidecar/pipeline/7-deploy/job.ts';
import type { JobContext } from '../../../../sidecar/pipeline/job.ts';
import type { Reference } from '../../../../sidecar/serving/reference.ts';
import { createObjects } from '../../../../sidecar/versions/objects.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const features: Features = {
  hash: Hash.parse('a'.repeat(64)),
  task: 'classification',
  inputShape: [1, 4, 4],
  classes: ['dark', 'light'],
  rows: { train: 300, validation: 0, test: 100 },
  normalization: { mean: [0], std: [1] },
  columns: [],
  target: null,
};

const context = (signal: AbortSignal = new AbortController().signal): JobContext => ({
  signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
});

/** 300 training pictures from black to 149, 100 held-out ones that are white: only the former may count as inputs. */
const prepare = () => {
  const from = (first: number, count: number) => Uint32Array.from({ length: count }, (_, at) => first + at);
  const writer = openFeatureWriter({
    folder: join(folder, 'features'),
    element: 'uint8',
    width: 16,
    split: { train: from(0, 300), validation: from(300, 0), test: from(300, 100) },
    nameOf: (row) => `row ${row}`,
  });
  for (let row = 0; row < 300; row++) writer.add('train', new Uint8Array(16).fill(row / 2), 0);
  for (let row = 0; row < 100; row++) writer.add('test', new Uint8Array(16).fill(255), 1);
  writer.publish(features);
  const predictions = Array.from({ length: 100 }, (_, row) => ({
    row: `row ${row}`,
    truth: row % 4 === 0 ? 0 : 1,
    predicted: 1,
    confidence: 0.5 + row / 200,
  }));
  const objects = createObjects(join(folder, 'objects'));
  return {
    objects,
    input: {
      features,
      predictions: objects.put(Buffer.from(JSON.stringify(predictions))),
      windowRows: 100,
      objectsFolder: join(folder, 'objects'),
      featuresFolder: join(folder, 'features'),
    },
  };
};

test('the reference is made of training inputs and held-out predictions, and is the same every time', async () => {
  const { objects, input } = prepare();
  const { reference: hash } = await referenceJob(input, context());
  const reference = JSON.parse(objects.get(hash).toString()) as Reference;
  expect(reference).toMatchObject({ format: 1, windowRows: 100, accuracy: 0.75 });
  expect(reference.features.map(({ feature, kind, type }) => `${kind} ${feature} ${type}`)).toEqual([
    'input brightness number',
    'input contrast number',
    'input sharpness number',
    'prediction predicted class category',
    'prediction confidence number',
  ]);
  const [brightness] = reference.features;
  const { profile } = brightness!;
  expect(profile.type === 'number' && profile.reference.moments).toMatchObject({ count: 300, min: 0, max: 149 });
  expect(brightness!.threshold).toBeGreaterThanOrEqual(0.1);
  expect(await referenceJob(input, context())).toEqual({ reference: hash });
});

test('the job stops when it is told to', async () => {
  const { input } = prepare();
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  await expect((async () => referenceJob(input, context(stop.signal)))()).rejects.toThrow('stopped');
});
