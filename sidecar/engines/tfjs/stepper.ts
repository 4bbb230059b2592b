import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildEvaluation } from '../../graph/evaluation.ts';
import { buildUpdateStep } from '../../graph/gathering.ts';
import type { Graph, Model } from '../../graph/model.ts';
import { sizeOf } from '../../graph/model.ts';
import { withoutUnread } from '../../graph/prune.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { StateSlot } from '../../graph/state-slot.ts';
import { buildTrace } from '../../graph/trace.ts';
import type { TrainStep } from '../../graph/train-step.ts';
import { buildTrainStep } from '../../graph/train-step.ts';
import type { NamedTensors } from '../checkpoint.ts';
import { drawMasks, type DropoutMask } from '../dropout.ts';
import type { TrainingData, TrainingPlan } from '../engine.ts';
import { judgedNames, stepRequestOf, updateRequestOf } from '../step-request.ts';
import type { BatchBuffers, OpenStepper, StepCall, Stepper } from '../stepper.ts';
import type { Program } from './interpret.ts';
import { openProgram } from './interpret.ts';
import type { Tensorflow, Value } from './operators/rule.ts';

/** A step for one batch size: what the library differentiates, and what happens to the weights afterwards. */
interface Lane extends BatchBuffers {
  readonly graph: TrainStep;
  readonly forward: Program;
  readonly update: Program;
  readonly masks: readonly (DropoutMask & { readonly name: string; readonly dims: readonly number[] })[];
  /** State that the forward part gives: running statistics. */
  readonly learned: readonly StateSlot[];
  /** State that the update part gives: weights and the optimizer's own. */
  readonly updated: readonly StateSlot[];
}

type State = ReadonlyMap<string, Value>;

/**
 * Trains with tensorflow.js: it interprets the forward part of the train-step graph and the library differentiates
 * it; the update part is that of every engine. The state stays where the library computes.
 *
 * @param load loads the library for a device
 */
export const createOpenStepper =
  (load: (device: string) => Promise<Tensorflow>): OpenStepper =>
  async (model, plan, data): Promise<Stepper> => {
    const tf = await load(plan.device);
    const lanes = new Map<number, Lane>();
    const laneOf = (rows: number): Lane => {
      const lane = lanes.get(rows) ?? openLane(tf, { model, plan, data, rows });
      lanes.set(rows, lane);
      return lane;
    };
    const { graph } = laneOf(Math.min(plan.batchSize, data.train.rows));
    const judges = createJudges(tf, buildEvaluation(model, graph).graph, graph);
    const judged = judgedNames(graph, plan);
    const updater = (plan.accumulate ?? 1) > 1 ? openUpdater(tf, graph, plan) : undefined;
    const slots = [...graph.state, ...(updater?.slots ?? [])];
    let state: State = new Map(slots.map(({ input, initial }) => [input, toState(tf, initial.data, initial.dims)]));
    const become = (changed: State) => {
      for (const name of changed.keys()) state.get(name)?.dispose();
      state = new Map([...state, ...changed]);
    };
    let milliseconds = 0;
    const timed = async <Result>(compute: () => Promise<Result>): Promise<Result> => {
      // On the processor the library never waits; whoever wants to stop a training must get a turn.
      await nextTurn();
      const started = performance.now();
      const result = await compute();
      milliseconds += performance.now() - started;
      return result;
    };

    return {
      width: graph.width,
      buffers: (rows) => Promise.resolve(laneOf(rows)),
      step: (call) =>
        timed(async () => {
          const lane = laneOf(call.rows);
          drawMasks(lane.masks, plan.seed, call.step);
          const { loss, predictions, next } = runStep(tf, lane, state, call);
          const [lossValue = Number.NaN] = await take(loss);
          if (Number.isFinite(lossValue)) {
            become(next);
            if (updater !== undefined) become(updater.run(state, call));
          } else for (const value of next.values()) value.dispose();
          return { loss: lossValue, predictions: await take(predictions) };
        }),
      trace: ({ rows }) => firstNonFinite(tf, model, laneOf(rows), state),
      judge: (inputs, rows) =>
        timed(() => {
          const weights = new Map(Array.from(judged, ([name, of]) => [name, stateOf(state, of)]));
          return take(judges.run(inputs, rows, weights));
        }),
      weights: () => copyOf(new Map(Array.from(judged, ([name, of]) => [name, stateOf(state, of)]))),
      state: () => copyOf(state),
      restore: (from) => {
        const restored = new Map(
          slots.map(({ input, initial }) => [
            input,
            toState(tf, sized(input, from, initial.data.length), initial.dims),
          ]),
        );
        for (const value of state.values()) value.dispose();
        state = restored;
        return Promise.resolve();
      },
      mathMs: () => milliseconds,
      close: () => {
        for (const value of state.values()) value.dispose();
        for (const { forward, update } of lanes.values()) [forward, update].forEach((program) => program.close());
        updater?.close();
        judges.close();
        return Promise.resolve();
      },
    };
  };

interface LaneRequest {
  readonly model: Model;
  readonly plan: TrainingPlan;
  readonly data: TrainingData;
  readonly rows: number;
}

const openLane = (tf: Tensorflow, { model, plan, data, rows }: LaneRequest): Lane => {
  const graph = buildTrainStep(model, { ...stepRequestOf(plan, data, rows), gradients: 'fed' });
  const learned = graph.state.filter(({ role }) => role === 'statistic');
  const updated = graph.state.filter(({ role }) => role !== 'statistic');
  const whole = graph.model.graph;
  const shapes = inferShapes(whole, {});
  const part = (outputs: readonly string[]): Program => openProgram(tf, partOf(whole, outputs), shapes);
  return {
    graph,
    forward: part([graph.loss, graph.predictions, ...learned.map(({ output }) => output)]),
    update: part(updated.map(({ output }) => output)),
    inputs: new Float32Array(sizeOf(graph.inputDims)),
    targets: new Float32Array(sizeOf(graph.targetDims)),
    masks: graph.masks.map(({ name, dims, share }) => ({ name, dims, share, data: new Float32Array(sizeOf(dims)) })),
    learned,
    updated,
  };
};

/** The nodes and initializers that some of the outputs need. */
const partOf = (graph: Graph, outputs: readonly string[]): Graph => {
  const nodes = withoutUnread(graph.nodes, outputs);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return { ...graph, nodes, initializers: graph.initializers.filter(({ name }) => read.has(name)) };
};

interface Stepped {
  readonly loss: Value;
  readonly predictions: Value;
  readonly next: State;
}

/** Changes the weights by the gradients that were gathered. */
interface Updater {
  readonly slots: readonly StateSlot[];
  /** @returns what has changed; nothing where gradients are still being gathered */
  readonly run: (state: State, call: StepCall) => State;
  readonly close: () => void;
}

const openUpdater = (tf: Tensorflow, step: TrainStep, plan: TrainingPlan): Updater => {
  const { model, state: slots, gathered } = buildUpdateStep(step, updateRequestOf(plan));
  const program = openProgram(tf, model.graph, inferShapes(model.graph, {}));
  return {
    slots,
    run: (state, { update }) => {
      if (update === null) return new Map();
      const changed = new Map(gathered.map(({ input, initial }) => [input, toState(tf, initial.data, initial.dims)]));
      tf.tidy(() => {
        const scalars = Object.entries(update).map(([name, value]): [string, Value] => [name, tf.scalar(value)]);
        const read = program.run(new Map([...state, ...scalars]));
        for (const { input, output } of slots) changed.set(input, tf.keep(tf.clone(read(output))));
      });
      return changed;
    },
    close: () => program.close(),
  };
};

/** `Stepper.trace` */
const firstNonFinite = async (tf: Tensorflow, model: Model, lane: Lane, state: State): Promise<string | undefined> => {
  const trace = buildTrace(lane.graph, model.graph);
  const program = openProgram(tf, trace.model.graph, inferShapes(trace.model.graph, {}));
  const sums = tf.tidy(() => tf.clone(program.run(feedsOf(tf, lane, state))(trace.output)));
  program.close();
  const found = trace.values[(await take(sums)).findIndex((sum) => !Number.isFinite(sum))];
  return found === undefined ? undefined : `${found.node} (${found.op})`;
};

const feedsOf = (tf: Tensorflow, { graph, inputs, targets, masks }: Lane, state: State): Map<string, Value> => {
  const feeds = new Map(state);
  feeds.set(graph.input, tf.tensor(inputs, [...graph.inputDims]));
  feeds.set(graph.target, tf.tensor(targets, [...graph.targetDims]));
  for (const { name, data, dims } of masks) feeds.set(name, tf.tensor(data, [...dims]));
  return feeds;
};

/** One step. What it returns is for the caller to dispose; everything else is given back. */
const runStep = (tf: Tensorflow, lane: Lane, state: State, { update }: StepCall): Stepped => {
  const { graph, learned, updated } = lane;
  const kept = new Map<string, Value>();
  tf.tidy(() => {
    const feeds = feedsOf(tf, lane, state);
    const names = [...graph.gradients.keys()];
    const { grads } = tf.valueAndGrads((...weights: Value[]) => {
      const read = lane.forward.run(
        new Map([...feeds, ...names.map((name, at) => [name, weights[at]] as [string, Value])]),
      );
      for (const name of [graph.loss, graph.predictions, ...learned.map(({ output }) => output)])
        kept.set(name, tf.keep(tf.clone(read(name))));
      return read(graph.loss);
    })(names.map((name) => stateOf(state, name)));
    for (const [at, input] of [...graph.gradients.values()].entries()) feeds.set(input, grads[at] as Value);
    for (const [name, value] of Object.entries(update ?? {})) feeds.set(name, tf.scalar(value));
    const read = lane.update.run(feeds);
    for (const { output } of updated) kept.set(output, tf.keep(tf.clone(read(output))));
  });
  return {
    loss: stateOf(kept, graph.loss),
    predictions: stateOf(kept, graph.predictions),
    next: new Map([...learned, ...updated].map(({ input, output }) => [input, stateOf(kept, output)])),
  };
};

interface Judges {
  readonly run: (inputs: Float32Array, rows: number, weights: State) => Value;
  readonly close: () => void;
}

/** The model in the form of inference, ready for each number of rows that was asked for. */
const createJudges = (tf: Tensorflow, evaluation: Graph, step: TrainStep): Judges => {
  const programs = new Map<number, Program>();
  const programOf = (rows: number): Program => {
    const [input] = evaluation.inputs;
    const symbol = input?.shape[0];
    const shapes = inferShapes(evaluation, typeof symbol === 'string' ? { [symbol]: rows } : {});
    const program = programs.get(rows) ?? openProgram(tf, evaluation, shapes);
    programs.set(rows, program);
    return program;
  };
  return {
    run: (inputs, rows, weights) =>
      tf.tidy(() => {
        const feeds = new Map(weights).set(step.input, tf.tensor(inputs, [rows, ...step.inputDims.slice(1)]));
        return tf.clone(programOf(rows).run(feeds)(step.predictions));
      }),
    close: () => {
      for (const program of programs.values()) program.close();
    },
  };
};

/** A tensor with numbers of its own: the library does not copy what it is given. */
const toState = (tf: Tensorflow, data: Float32Array, dims: readonly number[]): Value =>
  tf.tensor(Float32Array.from(data), [...dims]);

const stateOf = (state: State, name: string): Value => {
  const value = state.get(name);
  if (value === undefined) throw new Error(`The training state has no tensor “${name}”.`);
  return value;
};

const sized = (name: string, from: NamedTensors, length: number): Float32Array => {
  const data = from.get(name);
  if (data?.length !== length)
    throw new RangeError(`The state has ${data?.length ?? 'no'} numbers of “${name}” where ${length} belong.`);
  return data;
};

/** Copies the numbers of a value and gives it back. */
const take = async (value: Value): Promise<Float32Array> => {
  const data = Float32Array.from(await value.data());
  value.dispose();
  return data;
};

const copyOf = async (state: State): Promise<NamedTensors> => {
  const copies = new Map<string, Float32Array>();
  for (const [name, value] of state) copies.set(name, Float32Array.from(await value.data()));
  return copies;
};
