import { expect, test } from 'vitest';
import type { Dataset } from '../../../../sidecar/contract/dataset.ts';
import type { RunId } from '../../../../sidecar/contract/ids.ts';
import { Training } from '../../../../sidecar/contract/training.ts';
import { featurizeJob } from '../../../../sidecar/pipeline/2-featurize/job.ts';
import { createFeaturizeStage } from '../../../../sidecar/pipeline/2-featurize/stage.ts';
import { snapshotJob } from '../../../../sidecar/pipeline/1-version/job.ts';
import { workspaceWith } from '../../datasets/workspace.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { layoutOf } from '../../../../sidecar/workspace/layout.ts';

const training = (data: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) =>
  Training.parse({ model: { name: 'mlp' }, data: { dataset: 't.csv', ...data }, ...rest });

test('the stage gives the features of the pinned version and says what they are', async () => {
  const lines = Array.from({ length: 50 }, (_, at) => `${at},${at % 2}`);
  const { root } = workspaceWith({ 't.csv': `x,y\n${lines.join('\n')}\n` });
  const layout = layoutOf(root);
  const { context } = recordedContext();
  const unfinished = { root, restoring: layout.restoring };
  const place = { root, path: 't.csv', dataFolder: layout.data, indexes: layout.indexes, unfinished };
  const { pointed, kind } = await snapshotJob({ ...place, known: [] }, context);
  const dataset = { dataset: { hash: pointed.version, kind, path: 't.csv' } } as unknown as Dataset;
  const stage = createFeaturizeStage({
    featurize: featurizeJob,
    dataFolder: layout.data,
    featuresFolder: layout.features,
  });
  const start = { experiment: 'x', root, promote: false, training: training(), dataset };
  const outcome = await stage.run(start, { ...context, run: 'r1' as RunId });
  expect(outcome).toMatchObject({
    status: 'done',
    gives: { features: { rows: { train: 40, validation: 5, test: 5 }, classes: ['0', '1'] } },
    note: '40 / 5 / 5 rows of 1, 2 classes',
  });
});

test('the key is equal where rows are equal and differs where they may differ', () => {
  const { key } = createFeaturizeStage({ featurize: featurizeJob, dataFolder: '', featuresFolder: '' });
  const keyOf = (settings: Training, hash = 'a') =>
    JSON.stringify(key({ training: settings, dataset: { dataset: { hash, kind: 'csv' } } } as never));
  const plain = keyOf(training());
  expect(keyOf(training({ batch_size: 5, augment: [{ flip: 'horizontal' }] }, { optimizer: { lr: 1 } }))).toBe(plain);
  for (const other of [
    { target: 'x' },
    { image_size: 8 },
    { channels: 1 },
    { task: 'regression' },
    { split: { seed: 3 } },
    { split: { stratify: false } },
  ]) {
    expect(keyOf(training(other))).not.toBe(plain);
  }
  expect(keyOf(training(), 'b')).not.toBe(plain);
});
