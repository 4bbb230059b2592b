import { buildEvaluation } from '../../graph/evaluation.ts';
import type { Model } from '../../graph/model.ts';
import { sizeOf } from '../../graph/model.ts';
import type { TrainStep } from '../../graph/train-step.ts';
import { buildTrainStep } from '../../graph/train-step.ts';
import { writeModel } from '../../graph/write.ts';
import type { NamedTensors } from '../checkpoint.ts';
import { drawMasks, type DropoutMask } from '../dropout.ts';
import type { TrainingPlan } from '../engine.ts';
import type { OpenStepper, StepCall, Stepper } from '../stepper.ts';
import type { Feeds, OrtTensor, Session } from './session.ts';
import { float32Tensor, openSession } from './session.ts';

/** The graph of a step for one batch size, ready to run, with the arrays that it reads and writes. */
interface Lane {
  readonly graph: TrainStep;
  readonly session: Session;
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly masks: readonly DropoutMask[];
  readonly feeds: Feeds;
  readonly results: Feeds;
  readonly predictions: Float32Array;
  readonly loss: Float32Array;
}

/** One of the two sets of buffers that the state lives in: a step reads one and writes the other. */
type Buffers = ReadonlyMap<string, OrtTensor>;

/**
 * Trains with ONNX Runtime. Each batch size has its own graph and session, made at its first use; all share the
 * state, so that a last, smaller batch is a step like any other.
 */
export const openStepper: OpenStepper = async (model, plan, data): Promise<Stepper> => {
  const lanes = new Map<number, Lane>();
  const laneOf = async (rows: number): Promise<Lane> => {
    const lane = lanes.get(rows) ?? (await openLane(model, plan, rows));
    lanes.set(rows, lane);
    return lane;
  };
  const { graph } = await laneOf(Math.min(plan.batchSize, data.train.rows));
  let [current, next] = [buffersOf(graph, 'initial'), buffersOf(graph, 'empty')];
  const evaluation = await openSession(writeModel(buildEvaluation(model, graph)), plan.device);

  const step = async ({ rows, step: number, update }: StepCall) => {
    const lane = await laneOf(rows);
    drawMasks(lane.masks, plan.seed, number);
    for (const [name, value] of Object.entries(update ?? {})) lane.feeds[name] = scalar(value);
    for (const slot of lane.graph.state) {
      lane.feeds[slot.input] = tensorOf(current, slot.input);
      lane.results[slot.output] = tensorOf(next, slot.input);
    }
    await lane.session.run(lane.feeds, lane.results);
    [current, next] = [next, current];
    return { loss: lane.loss[0] ?? Number.NaN, predictions: lane.predictions };
  };

  const judged = graph.state.filter(({ role }) => role !== 'optimizer').map(({ input }) => input);
  return {
    width: graph.width,
    buffers: laneOf,
    step,
    judge: async (inputs, rows) => {
      const feeds: Feeds = Object.fromEntries(judged.map((name) => [name, tensorOf(current, name)]));
      feeds[graph.input] = float32Tensor(inputs, [rows, ...graph.inputDims.slice(1)]);
      const { [graph.predictions]: predictions } = await evaluation.run(feeds, [graph.predictions]);
      return predictions?.data as Float32Array;
    },
    weights: () => Promise.resolve(copyOf(current, judged)),
    state: () => Promise.resolve(new Map(Array.from(current, ([name, { data }]) => [name, data as Float32Array]))),
    restore: (state) => {
      for (const [name, { data: into }] of current) fill(name, into as Float32Array, state.get(name));
      return Promise.resolve();
    },
    mathMs: () => [evaluation, ...sessionsOf(lanes)].reduce((sum, session) => sum + session.mathMs(), 0),
    close: async () => {
      for (const session of [evaluation, ...sessionsOf(lanes)]) await session.close();
    },
  };
};

const sessionsOf = (lanes: ReadonlyMap<number, Lane>): readonly Session[] =>
  [...lanes.values()].map(({ session }) => session);

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

const copyOf = (buffers: Buffers, names: readonly string[]): NamedTensors =>
  new Map(names.map((name) => [name, Float32Array.from(tensorOf(buffers, name).data as Float32Array)]));

const fill = (name: string, into: Float32Array, data: Float32Array | undefined): void => {
  if (data?.length !== into.length)
    throw new RangeError(`The state has ${data?.length ?? 'no'} numbers of “${name}” where ${into.length} belong.`);
  into.set(data);
};

const tensorOf = (buffers: Buffers, name: string): OrtTensor => {
  const tensor = buffers.get(name);
  if (tensor === undefined) throw new Error(`The training state has no tensor “${name}”.`);
  return tensor;
};
