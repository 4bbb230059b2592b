import { InferenceSession, Tensor } from 'onnxruntime-node';
import { withWeights } from '../../sidecar/graph/evaluation.ts';
import type { Model } from '../../sidecar/graph/model.ts';
import { sizeOf } from '../../sidecar/graph/model.ts';
import type { TrainStep } from '../../sidecar/graph/train-step.ts';
import { buildTrainStep } from '../../sidecar/graph/train-step.ts';
import { writeModel } from '../../sidecar/graph/write.ts';

const options = { logSeverityLevel: 3, enableMemPattern: false } as const;

/** What an ONNX file answers, by output. */
export const answersOf = async (
  bytes: Uint8Array,
  rows: Float32Array,
  dims: readonly number[],
): Promise<Readonly<Record<string, Float32Array>>> => {
  const session = await InferenceSession.create(bytes, options);
  const results = await session.run({ [session.inputNames[0]!]: new Tensor('float32', rows, [...dims]) });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
};

export interface TrainedOnce {
  readonly loss: number;
  /** By the name of the weight; batch normalization uses the batch, dropout drops nothing. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Loss after a small step against the gradients. */
  readonly lossAfter: number;
  /** The model with the weights after that step. */
  readonly model: Model;
  /** What the train step itself predicts with them. */
  readonly predictions: Float32Array;
}

/** One step of gradient descent on rows whose classes are 0, 1, 2, …, and the loss behind it. */
export const trainOnce = async (model: Model, rows: Float32Array, batch: number): Promise<TrainedOnce> => {
  const step = buildTrainStep(model, {
    batch,
    loss: 'cross_entropy',
    optimizer: { type: 'sgd', momentum: 0, weightDecay: 0 },
  });
  const session = await InferenceSession.create(writeModel(step.model), options);
  const weights = new Map(step.state.map(({ input, initial }) => [input, initial.data]));
  const first = await session.run(feedsOf(step, rows, weights, 1));
  const gradients = new Map(
    step.state
      .filter(({ role }) => role === 'parameter')
      .map(({ input, output, initial }) => {
        const after = first[output]!.data as Float32Array;
        return [input, initial.data.map((before, index) => before - after[index]!)];
      }),
  );
  const norm = Math.sqrt(
    [...gradients.values()].flatMap((one) => [...one]).reduce((sum, value) => sum + value ** 2, 0),
  );
  const moved = await session.run(feedsOf(step, rows, weights, 0.01 / norm));
  const after = new Map(step.state.map(({ input, output }) => [input, moved[output]!.data as Float32Array]));
  const second = await session.run(feedsOf(step, rows, after, 0));
  await session.release();
  return {
    loss: lossOf(first, step),
    lossAfter: lossOf(second, step),
    gradients,
    model: withWeights(model, after),
    predictions: second[step.predictions]!.data as Float32Array,
  };
};

const lossOf = (results: InferenceSession.OnnxValueMapType, step: TrainStep): number =>
  (results[step.loss]!.data as Float32Array)[0]!;

const feedsOf = (step: TrainStep, rows: Float32Array, weights: ReadonlyMap<string, Float32Array>, rate: number) => {
  const feeds: Record<string, Tensor> = {
    [step.input]: new Tensor('float32', rows, [...step.inputDims]),
    [step.target]: new Tensor(
      'float32',
      Float32Array.from({ length: step.batch }, (_, row) => row),
      [step.batch],
    ),
  };
  for (const name of step.scalars) feeds[name] = new Tensor('float32', Float32Array.of(rate), []);
  for (const { name, dims } of step.masks)
    feeds[name] = new Tensor('float32', new Float32Array(sizeOf(dims)).fill(1), [...dims]);
  for (const { input, initial } of step.state)
    feeds[input] = new Tensor('float32', weights.get(input)!, [...initial.dims]);
  return feeds;
};
