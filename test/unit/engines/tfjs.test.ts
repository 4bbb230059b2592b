import { expect, test } from 'vitest';
import { onnxEngine } from '../../../sidecar/engines/onnx/engine.ts';
import { tfjsEngine } from '../../../sidecar/engines/tfjs/engine.ts';
import type { BuildRequest } from '../../../sidecar/graph/build.ts';
import { readModel } from '../../../sidecar/graph/read.ts';
import { createRandom } from '../../../sidecar/graph/random.ts';
import { describeEngine } from './conformance.ts';
import { createWatch, rowsOf, taskOf } from './rows.ts';

describeEngine(tfjsEngine);

/** Pictures of noise, brighter where their class says so. */
const pictures = (rows: number, shape: readonly number[]) => {
  const random = createRandom(5);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const targets = Array.from({ length: rows }, (_, row) => row % 3);
  return rowsOf(
    targets.map((target) => Array.from({ length: size }, (_, at) => random.normal() + (at % 3 === target ? 1 : 0))),
    targets,
  );
};

interface Sample extends Pick<BuildRequest, 'architecture' | 'params' | 'inputShape'> {
  /** Weights that stay as they are; the library's gradient of millions of weights takes a quarter of a minute. */
  readonly frozen?: RegExp;
  readonly learningRate?: number;
}

const samples: readonly Sample[] = [
  { architecture: 'mlp', params: { hidden: [16], dropout: 0.2 }, inputShape: [12] },
  { architecture: 'cnn', params: { channels: [4, 6], hidden: [8] }, inputShape: [2, 8, 8] },
  // Untrained and on few rows it makes much of the last digit: 1e-5 more in a pixel moves its third loss by 0.1.
  {
    architecture: 'mobilenetv2',
    params: { width: 0.25, stem: 'small' },
    inputShape: [3, 16, 16],
    learningRate: 1e-4,
  },
  {
    architecture: 'resnet18',
    params: { stem: 'imagenet' },
    inputShape: [3, 16, 16],
    frozen: /layer[34].*conv/,
  },
];

test.each(samples)(
  'the first losses and the weights of $architecture are those of engine onnx',
  async ({ frozen, learningRate = 0.01, ...model }) => {
    const train = async (engine: typeof tfjsEngine) => {
      const { plan, data } = taskOf(
        pictures(8, model.inputShape),
        { ...model, outputs: 3 },
        { batchSize: 4, learningRate, optimizer: { type: 'sgd', momentum: 0.9 }, gradientClip: 1 },
      );
      const names = readModel(plan.model).graph.initializers.map(({ name }) => name);
      const told = createWatch();
      const trained = await engine.train(
        { ...plan, frozen: names.filter((name) => frozen?.test(name)) },
        data,
        told.watch,
      );
      return { losses: told.valuesOf('train_loss'), weights: readModel(trained.model).graph.initializers };
    };
    const [ours, theirs] = [await train(onnxEngine), await train(tfjsEngine)];
    expect(ours.losses).toHaveLength(2);
    theirs.losses.forEach((loss, step) => expect(Math.abs(loss - ours.losses[step]!)).toBeLessThan(1e-4));
    for (const [index, { name, data }] of theirs.weights.entries())
      expect(largestDifference(data as Float32Array, ours.weights[index]!.data as Float32Array), name).toBeLessThan(
        1e-3,
      );
  },
  240_000,
);

const largestDifference = (actual: Float32Array, expected: Float32Array): number =>
  actual.reduce((largest, value, at) => Math.max(largest, Math.abs(value - expected[at]!)), 0);
