import { buildEvaluation } from '../../graph/evaluation.ts';
import type { StateSlot } from '../../graph/state-slot.ts';
import { buildUpdateStep } from '../../graph/gathering.ts';
import type { TrainStep } from '../../graph/train-step.ts';
import type { TrainingPlan } from '../engine.ts';
import { judgedNames, updateRequestOf } from '../step-request.ts';
import type { OpenStepper, StepCall, Stepper } from '../stepper.ts';
import { openLane, scalar, type Lane } from './lane.ts';
import { openGraph } from './open-graph.ts';
import type { Feeds, Session } from './session.ts';
import { float32Tensor } from './session.ts';
import { createState, type State } from './state.ts';

/**
 * Trains with ONNX Runtime. Each batch size has its own graph and session, made at its first use; all share the
 * state, so that a last, smaller batch is a step like any other.
 */
export const openStepper: OpenStepper = async (model, plan, data): Promise<Stepper> => {
  const lanes = new Map<number, Lane>();
  const laneOf = async (rows: number): Promise<Lane> => {
    const lane = lanes.get(rows) ?? (await openLane(model, plan, data, rows));
    lanes.set(rows, lane);
    return lane;
  };
  const { graph } = await laneOf(Math.min(plan.batchSize, data.train.rows));
  const updater = (plan.accumulate ?? 1) > 1 ? await openUpdater(graph, plan) : undefined;
  const state = createState([...graph.state, ...(updater?.slots ?? [])]);
  const evaluation = await openGraph(buildEvaluation(model, graph), plan.device);
  const judged = judgedNames(graph, plan);
  const sessions = (): readonly Session[] => [
    evaluation,
    ...(updater === undefined ? [] : [updater.session]),
    ...Array.from(lanes.values(), ({ session }) => session),
  ];
  return {
    width: graph.width,
    buffers: laneOf,
    step: async (call) => {
      const result = await (await laneOf(call.rows)).run(call, state);
      if (Number.isFinite(result.loss)) await updater?.run(call, state);
      return result;
    },
    trace: async ({ rows }) => (await laneOf(rows)).trace(state),
    judge: async (inputs, rows) => {
      const feeds: Feeds = Object.fromEntries(Array.from(judged, ([name, of]) => [name, state.tensor(of)]));
      feeds[graph.input] = float32Tensor(inputs, [rows, ...graph.inputDims.slice(1)]);
      const { [graph.predictions]: predictions } = await evaluation.run(feeds, [graph.predictions]);
      return predictions?.data as Float32Array;
    },
    weights: () =>
      Promise.resolve(
        new Map(Array.from(judged, ([name, of]) => [name, Float32Array.from(state.tensor(of).data as Float32Array)])),
      ),
    state: () => Promise.resolve(state.all()),
    restore: (from) => {
      state.restore(from);
      return Promise.resolve();
    },
    mathMs: () => sessions().reduce((sum, session) => sum + session.mathMs(), 0),
    close: async () => {
      for (const session of sessions()) await session.close();
    },
  };
};

/** Changes the weights by the gradients that were gathered. */
interface Updater {
  readonly slots: readonly StateSlot[];
  readonly run: (call: StepCall, state: State) => Promise<void>;
  readonly session: Session;
}

const openUpdater = async (step: TrainStep, plan: TrainingPlan): Promise<Updater> => {
  const graph = buildUpdateStep(step, updateRequestOf(plan));
  const session = await openGraph(graph.model, plan.device);
  const read = [...graph.state, ...graph.gathered].map(({ input }) => input);
  return {
    slots: graph.state,
    session,
    run: async ({ update }, state) => {
      if (update === null) return;
      const feeds: Feeds = Object.fromEntries(graph.scalars.map((name) => [name, scalar(update[name] ?? Number.NaN)]));
      const results: Feeds = {};
      state.lend(read, feeds);
      state.receive(graph.state, results);
      await session.run(feeds, results);
      state.turn(graph.state);
      state.clear(graph.gathered);
    },
  };
};
