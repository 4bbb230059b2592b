import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunId } from '../../../../sidecar/contract/ids.ts';
import { Training } from '../../../../sidecar/contract/training.ts';
import { cancelled } from '../../../../sidecar/faults.ts';
import { readModel } from '../../../../sidecar/graph/read.ts';
import { trainJob } from '../../../../sidecar/pipeline/3-train/job.ts';
import type { TrainInput } from '../../../../sidecar/pipeline/3-train/train-input.ts';
import type { JobContext } from '../../../../sidecar/pipeline/job.ts';
import { createObjects } from '../../../../sidecar/versions/objects.ts';
import { greyPng, workspaceWith } from '../../datasets/workspace.ts';
import { recordedContext } from '../../../support/job-context.ts';

/** Pictures that are bright on the left or on the right. */
const prepare = async () => {
  const files = ['left', 'right'].flatMap((name) =>
    Array.from({ length: 30 }, (_, at) => [
      `data/${name}/${at}.png`,
      greyPng(
        Array.from({ length: 64 }, (_value, pixel) => (pixel % 8 < 4 === (name === 'left') ? 200 : 20) + at),
        8,
      ),
    ]),
  );
  const workspace = workspaceWith(Object.fromEntries(files) as Record<string, Uint8Array>);
  const { features } = await workspace.featurize('data');
  const objectsFolder = join(workspace.root, '.trainyard/objects');
  const inputFor = (run: string, augment: readonly object[], training: object = {}): TrainInput => ({
    root: workspace.root,
    training: Training.parse({
      model: { name: 'mlp', params: { hidden: [8] } },
      data: { dataset: 'data', batch_size: 8, augment },
      training: { epochs: 4, device: 'cpu', ...training },
    }),
    dataset: {} as TrainInput['dataset'],
    features,
    run: RunId.parse(run),
    objectsFolder,
    dataFolder: join(workspace.root, '.trainyard/data'),
    featuresFolder: workspace.featuresFolder,
    outFolder: join(workspace.root, run),
    checkpoints: { folder: join(workspace.root, 'checkpoints', run) },
  });
  const train = async (input: TrainInput, context: JobContext = recordedContext().context) => {
    const { model } = await trainJob(input, context);
    return { hash: model, model: readModel(createObjects(objectsFolder).get(model!)) };
  };
  return { inputFor, train };
};

const blended = [{ crop: 1 }, { erase: 0.3 }, { color_jitter: 0.2 }, { mixup: 0.2 }, { cutmix: 1 }];

test('training with changed and blended pictures gives the same model every time, and another one than without', async () => {
  const { inputFor, train } = await prepare();
  const first = await train(inputFor('r1', blended));
  expect((await train(inputFor('r2', blended))).hash).toBe(first.hash);
  expect((await train(inputFor('r3', []))).hash).not.toBe(first.hash);
});

const constantOf = ({ model }: { readonly model: ReturnType<typeof readModel> }, name: string) => {
  const value = model.graph.nodes.find(({ outputs }) => outputs[0] === name)?.attributes['value'];
  return value?.kind === 'tensor' ? [...(value.value.data as Float32Array)] : [];
};

test('the normalization that is asked for becomes a part of the model', async () => {
  const { inputFor, train } = await prepare();
  const none = await train(inputFor('r1', [{ normalize: 'none' }], { epochs: 1 }));
  expect([constantOf(none, 'input.mean'), constantOf(none, 'input.std')]).toEqual([[0], [1]]);
  const own = await train(inputFor('r2', [{ normalize: 'dataset' }], { epochs: 1 }));
  expect(constantOf(own, 'input.mean')[0]).toBeCloseTo(124.5, -1);
  await expect(train(inputFor('r3', [{ normalize: 'imagenet' }]))).rejects.toThrow(/one of three colours/);
});

test('a training that is stopped ends its threads and says why', async () => {
  const { inputFor, train } = await prepare();
  const stop = new AbortController();
  const reason = cancelled();
  const { context } = recordedContext(stop.signal);
  const progress = (fraction: number | null) => {
    if (fraction !== null && fraction > 0) stop.abort(reason);
  };
  await expect(train(inputFor('r1', blended, { epochs: 5000 }), { ...context, progress })).rejects.toBe(reason);
});
