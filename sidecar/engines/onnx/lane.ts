import type { Model } from '../../graph/model.ts';
import { sizeOf } from '../../graph/model.ts';
import { buildTrace } from '../../graph/trace.ts';
import type { TrainStep } from '../../graph/train-step.ts';
import { buildTrainStep } from '../../graph/train-step.ts';
import { drawMasks, type DropoutMask } from '../dropout.ts';
import type { TrainingData, TrainingPlan } from '../engine.ts';
import { stepRequestOf } from '../step-request.ts';
import type { BatchBuffers, StepCall, StepResult } from '../stepper.ts';
import { blockedChannels } from './blocked-channels.ts';
import { openGraph } from './open-graph.ts';
import type { Feeds, OrtTensor, Session } from './session.ts';
import { float32Tensor } from './session.ts';
import type { State } from './state.ts';

/** The graph of a step for one batch size, ready to run, with the arrays that it reads and writes. */
export interface Lane extends BatchBuffers {
  readonly graph: TrainStep;
  readonly run: (call: StepCall, state: State) => Promise<StepResult>;
  /** `Stepper.trace` */
  readonly trace: (state: State) => Promise<string | undefined>;
  readonly session: Session;
}

export const scalar = (value: number): OrtTensor => float32Tensor(Float32Array.of(value), []);

export const openLane = async (model: Model, plan: TrainingPlan, data: TrainingData, batch: number): Promise<Lane> => {
  const request = stepRequestOf(plan, data, batch);
  const block = plan.device === 'cpu' ? await blockedChannels() : undefined;
  const graph = buildTrainStep(model, { ...request, ...(block === undefined ? {} : { block }) });
  const session = await openGraph(graph.model, plan.device);
  const feeds: Feeds = {};
  const feed = (name: string, dims: readonly number[]): Float32Array => {
    const numbers = new Float32Array(sizeOf(dims));
    feeds[name] = float32Tensor(numbers, dims);
    return numbers;
  };
  const inputs = feed(graph.input, graph.inputDims);
  const targets = feed(graph.target, graph.targetDims);
  const masks: readonly DropoutMask[] = graph.masks.map(({ name, dims, share }) => ({ data: feed(name, dims), share }));
  const [loss, predictions] = [new Float32Array(1), new Float32Array(batch * graph.width)];
  const results: Feeds = {
    [graph.loss]: float32Tensor(loss, []),
    [graph.predictions]: float32Tensor(predictions, [batch, graph.width]),
  };
  const read = [...graph.weights.map(({ name }) => name), ...graph.state.map(({ input }) => input)];
  return {
    graph,
    session,
    inputs,
    targets,
    run: async ({ step, update }, state) => {
      drawMasks(masks, plan.seed, step);
      for (const name of graph.scalars) feeds[name] = scalar(update?.[name] ?? Number.NaN);
      state.lend(read, feeds);
      state.receive(graph.state, results);
      await session.run(feeds, results);
      // Before a step that came to nothing everything is as it was, so that its cause can be found.
      if (Number.isFinite(loss[0])) state.turn(graph.state);
      return { loss: loss[0] ?? Number.NaN, predictions };
    },
    trace: async (state) => {
      state.lend(read, feeds);
      // In the plain layout each value of the model is there under its own name.
      return firstNonFinite(buildTrainStep(model, request), model, plan.device, feeds);
    },
  };
};

const firstNonFinite = async (
  step: TrainStep,
  { graph }: Model,
  device: string,
  feeds: Feeds,
): Promise<string | undefined> => {
  const trace = buildTrace(step, graph);
  const session = await openGraph(trace.model, device);
  try {
    const wanted = new Set(trace.model.graph.inputs.map(({ name }) => name));
    const given = Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name)));
    const { [trace.output]: sums } = await session.run(given, [trace.output]);
    const found = trace.values[(sums?.data as Float32Array).findIndex((sum) => !Number.isFinite(sum))];
    return found === undefined ? undefined : `${found.node} (${found.op})`;
  } finally {
    await session.close();
  }
};
