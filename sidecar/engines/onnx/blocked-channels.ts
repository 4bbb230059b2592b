import { Tensor } from './runtime.ts';
import { buildModel } from '../../graph/build.ts';
import type { Model } from '../../graph/model.ts';
import { blockedDomain, sizeOf, writtenIrVersion, writtenOpset } from '../../graph/model.ts';
import { stepScalars } from '../../graph/optimizers.ts';
import { buildTrainStep, type TrainStep } from '../../graph/train-step.ts';
import { writeModel } from '../../graph/write.ts';
import type { Feeds } from './session.ts';
import { float32Tensor, openSession } from './session.ts';

/**
 * How many channels lie side by side in the layout of the runtime's fastest kernels on this processor: 8 or 16;
 * undefined where it has no such kernels, or where they do not agree with the plain ones.
 *
 * The runtime knows the number and does not tell it; which one it is shows in how it turns a small value over. Its
 * kernels are meant for graphs that the runtime itself rewrites, so a small training step shows first that they compute
 * the same.
 */
export const blockedChannels = (): Promise<number | undefined> => (found ??= probe());
/** It depends on the processor only. */
let found: Promise<number | undefined> | undefined;

const probe = async (): Promise<number | undefined> => {
  const block = await blockSize();
  return block !== undefined && (await computesTheSame(block)) ? block : undefined;
};

const CHANNELS = 32;

/** Where the second pixel of the first channel lies behind the first one. */
const blockSize = async (): Promise<number | undefined> => {
  const shape = [1, CHANNELS, 1, 2];
  const value = (name: string) => ({ name, type: 'float32' as const, shape });
  const turn: Model = {
    irVersion: writtenIrVersion,
    opset: writtenOpset,
    producer: 'trainyard',
    metadata: {},
    graph: {
      name: 'turn',
      nodes: [
        { name: 'turn', op: 'ReorderInput', domain: blockedDomain, inputs: ['x'], outputs: ['y'], attributes: {} },
      ],
      inputs: [value('x')],
      outputs: [value('y')],
      initializers: [],
    },
  };
  const ascending = Float32Array.from({ length: sizeOf(shape) }, (_, index) => index);
  const turned = await runOnce(turn, { x: float32Tensor(ascending, shape) });
  const block = turned?.['y']?.indexOf(1);
  return block === 8 || block === 16 ? block : undefined;
};

/** Compares one step of training of a small network, convolutions of an image and of maps among it. */
const computesTheSame = async (block: number): Promise<boolean> => {
  const model = buildModel({
    architecture: 'cnn',
    params: { channels: [16, 16], hidden: 8, dropout: 0 },
    inputShape: [1, 8, 8],
    outputs: 2,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
  });
  const request = { batch: 4, loss: 'cross_entropy', optimizer: { type: 'sgd', momentum: 0 } } as const;
  const [plain, blocked] = [buildTrainStep(model, request), buildTrainStep(model, { ...request, block })];
  const [expected, made] = [await runOnce(plain.model, feedsOf(plain)), await runOnce(blocked.model, feedsOf(blocked))];
  if (expected === undefined || made === undefined) return false;
  return Object.entries(expected).every(([name, values]) =>
    values.every((value, index) => Math.abs(value - (made[name]?.[index] ?? Number.NaN)) < 1e-3),
  );
};

const feedsOf = (step: TrainStep): Feeds => {
  const wave = (length: number) => Float32Array.from({ length }, (_, index) => Math.sin(index));
  return {
    [step.input]: float32Tensor(wave(sizeOf(step.inputDims)), step.inputDims),
    [step.target]: new Tensor(
      'float32',
      Float32Array.from({ length: step.batch }, (_, row) => row % 2),
      [step.batch],
    ),
    ...Object.fromEntries(
      Object.entries(stepScalars({ type: 'sgd', momentum: 0 }, 0.01, 1)).map(([name, value]) => [
        name,
        float32Tensor(Float32Array.of(value), []),
      ]),
    ),
    ...Object.fromEntries(step.state.map(({ input, initial }) => [input, float32Tensor(initial.data, initial.dims)])),
  };
};

/** Everything that the graph makes; undefined where the runtime refuses it on this processor. */
const runOnce = async (model: Model, feeds: Feeds): Promise<Readonly<Record<string, Float32Array>> | undefined> => {
  try {
    const session = await openSession(writeModel(model), 'cpu');
    const made = await session.run(
      feeds,
      model.graph.outputs.map(({ name }) => name),
    );
    await session.close();
    return Object.fromEntries(Object.entries(made).map(([name, { data }]) => [name, data as Float32Array]));
  } catch {
    return undefined;
  }
};
