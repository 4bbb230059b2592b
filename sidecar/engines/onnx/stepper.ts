import type { Model } from '../../graph/model.ts';
import { sizeOf } from '../../graph/model.ts';
import { stepScalars } from '../../graph/optimizers.ts';
import { createRandom } from '../../graph/random.ts';
import type { TrainStep } from '../../graph/train-step.ts';
import { buildTrainStep } from '../../graph/train-step.ts';
import { writeModel } from '../../graph/write.ts';
import type { RowSource, TrainingPlan } from '../engine.ts';
import type { Feeds, OrtTensor, Session } from './session.ts';
import { float32Tensor, openSession } from './session.ts';

/** What a step gives besides new weights. */
export interface StepResult {
  readonly loss: number;
  /** `[rows, width]`, overwritten by the next step of the same size. */
  readonly predictions: Float32Array;
  /** Class numbers or values of the rows, overwritten likewise. */
  readonly targets: Float32Array;
}

/** Weights that change step by step. */
export interface Stepper {
  readonly step: (rows: Uint32Array, learningRate: number) => Promise<StepResult>;
  /** The graph of one step; the same for all batch sizes but for the batch. */
  readonly graph: TrainStep;
  /** Weights and running statistics as they are now, as feeds of the evaluation graph. */
  readonly weights: () => Feeds;
  readonly mathMs: () => number;
  readonly close: () => Promise<void>;
}

interface Lane {
  readonly graph: TrainStep;
  readonly session: Session;
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly masks: readonly { readonly data: Float32Array; readonly share: number }[];
  readonly feeds: Feeds;
  readonly results: Feeds;
  readonly predictions: Float32Array;
  readonly loss: Float32Array;
}

/** One of the two sets of buffers that weights live in: a step reads one and writes the other. */
type Buffers = ReadonlyMap<string, OrtTensor>;

/**
 * Training state for a model. Each batch size has its own graph and session, made at its first use; all share the
 * state, so that a last, smaller batch is a step like any other.
 */
export const createStepper = async (model: Model, plan: TrainingPlan, source: RowSource): Promise<Stepper> => {
  const lanes = new Map<number, Lane>();
  const laneOf = async (batch: number): Promise<Lane> => {
    const lane = lanes.get(batch) ?? (await openLane(model, plan, batch));
    lanes.set(batch, lane);
    return lane;
  };
  const { graph } = await laneOf(Math.min(plan.batchSize, source.rows));
  let [current, next] = [buffersOf(graph, 'initial'), buffersOf(graph, 'empty')];
  const random = createRandom(plan.seed ^ 0x5bd1e995);
  let steps = 0;

  const step = async (rows: Uint32Array, learningRate: number): Promise<StepResult> => {
    const lane = await laneOf(rows.length);
    steps += 1;
    source.read(rows, lane.inputs, lane.targets);
    for (const { data, share } of lane.masks) drawMask(data, share, random.uniform);
    const scalars = stepScalars(plan.optimizer, learningRate, steps);
    for (const [name, value] of Object.entries(scalars)) lane.feeds[name] = scalar(value);
    for (const slot of lane.graph.state) {
      lane.feeds[slot.input] = tensorOf(current, slot.input);
      lane.results[slot.output] = tensorOf(next, slot.input);
    }
    await lane.session.run(lane.feeds, lane.results);
    [current, next] = [next, current];
    return { loss: lane.loss[0] ?? Number.NaN, predictions: lane.predictions, targets: lane.targets };
  };

  return {
    step,
    graph,
    weights: () =>
      Object.fromEntries(
        graph.state
          .filter(({ role }) => role !== 'optimizer')
          .map(({ input }): [string, OrtTensor] => [input, tensorOf(current, input)]),
      ),
    mathMs: () => [...lanes.values()].reduce((sum, { session }) => sum + session.mathMs(), 0),
    close: async () => {
      for (const { session } of lanes.values()) await session.close();
    },
  };
};

const scalar = (value: number): OrtTensor => float32Tensor(Float32Array.of(value), []);

const openLane = async (model: Model, plan: TrainingPlan, batch: number): Promise<Lane> => {
  const { loss, optimizer, gradientClip, frozen } = plan;
  const graph = buildTrainStep(model, {
    batch,
    loss,
    optimizer,
    ...(gradientClip === undefined ? {} : { gradientClip }),
    ...(frozen === undefined ? {} : { frozen: new Set(frozen) }),
  });
  const session = await openSession(writeModel(graph.model), plan.device);
  const feeds: Feeds = {};
  const feed = (name: string, dims: readonly number[]): Float32Array => {
    const data = new Float32Array(sizeOf(dims));
    feeds[name] = float32Tensor(data, dims);
    return data;
  };
  const [lossBuffer, predictions] = [new Float32Array(1), new Float32Array(batch * graph.width)];
  return {
    graph,
    session,
    feeds,
    inputs: feed(graph.input, graph.inputDims),
    targets: feed(graph.target, [batch]),
    masks: graph.masks.map(({ name, dims, share }) => ({ data: feed(name, dims), share })),
    results: {
      [graph.loss]: float32Tensor(lossBuffer, []),
      [graph.predictions]: float32Tensor(predictions, [batch, graph.width]),
    },
    predictions,
    loss: lossBuffer,
  };
};

const buffersOf = (graph: TrainStep, content: 'initial' | 'empty'): Buffers =>
  new Map(
    graph.state.map(({ input, initial }): [string, OrtTensor] => {
      const data = content === 'initial' ? Float32Array.from(initial.data) : new Float32Array(initial.data.length);
      return [input, float32Tensor(data, initial.dims)];
    }),
  );

const tensorOf = (buffers: Buffers, name: string): OrtTensor => {
  const tensor = buffers.get(name);
  if (tensor === undefined) throw new Error(`The training state has no tensor “${name}”.`);
  return tensor;
};

/** Dropout: 0 for the share of values that is dropped, and more for the others, so that the sum is kept. */
const drawMask = (mask: Float32Array, share: number, uniform: () => number): void => {
  const kept = 1 / (1 - share);
  for (let index = 0; index < mask.length; index += 1) mask[index] = uniform() < share ? 0 : kept;
};
