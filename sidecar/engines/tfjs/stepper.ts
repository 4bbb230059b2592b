import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildEvaluation } from '../../graph/evaluation.ts';
import type { Graph, Model } from '../../graph/model.ts';
import { sizeOf } from '../../graph/model.ts';
import { withoutUnread } from '../../graph/prune.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { StateSlot, TrainStep } from '../../graph/train-step.ts';
import { buildTrainStep } from '../../graph/train-step.ts';
import type { NamedTensors } from '../checkpoint.ts';
import { drawMasks, type DropoutMask } from '../dropout.ts';
import type { TrainingPlan } from '../engine.ts';
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
      const lane = lanes.get(rows) ?? openLane(tf, { model, plan, rows, targetWidth: 1 });
      lanes.set(rows, lane);
      return lane;
    };
    const { graph } = laneOf(Math.min(plan.batchSize, data.train.rows));
    const judges = createJudges(tf, buildEvaluation(model, graph).graph, graph);
    const judged = graph.state.filter(({ role }) => role !== 'optimizer').map(({ input }) => input);
    let state: State = new Map(
      graph.state.map(({ input, initial }) => [input, toState(tf, initial.data, initial.dims)]),
    );
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
          for (const value of state.values()) value.dispose();
          state = next;
          const [lossValue = Number.NaN] = await take(loss);
          return { loss: lossValue, predictions: await take(predictions) };
        }),
      judge: (inputs, rows) =>
        timed(() => {
          const weights = new Map(judged.map((name) => [name, stateOf(state, name)]));
          return take(judges.run(inputs, rows, weights));
        }),
      weights: () => copyOf(state, judged),
      state: () => copyOf(state, [...state.keys()]),
      restore: (from) => {
        const restored = new Map(
          graph.state.map(({ input, initial }) => [
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
        judges.close();
        return Promise.resolve();
      },
    };
  };

interface LaneRequest {
  readonly model: Model;
  readonly plan: TrainingPlan;
  readonly rows: number;
  /** Numbers in a row of the targets. */
  readonly targetWidth: number;
}

const openLane = (tf: Tensorflow, { model, plan, rows, targetWidth }: LaneRequest): Lane => {
  const { loss, optimizer, gradientClip, frozen } = plan;
  const graph = buildTrainStep(model, {
    batch: rows,
    loss,
    optimizer,
    gradients: 'fed',
    ...(gradientClip === undefined ? {} : { gradientClip }),
    ...(frozen === undefined ? {} : { frozen: new Set(frozen) }),
  });
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
    targets: new Float32Array(rows * targetWidth),
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

/** One step. What it returns is for the caller to dispose; everything else is given back. */
const runStep = (tf: Tensorflow, lane: Lane, state: State, { update }: StepCall): Stepped => {
  const { graph, learned, updated } = lane;
  const kept = new Map<string, Value>();
  tf.tidy(() => {
    const feeds = new Map(state);
    feeds.set(graph.input, tf.tensor(lane.inputs, [...graph.inputDims]));
    feeds.set(graph.target, tf.tensor(lane.targets));
    for (const { name, data, dims } of lane.masks) feeds.set(name, tf.tensor(data, [...dims]));
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

const copyOf = async (state: State, names: readonly string[]): Promise<NamedTensors> => {
  const copies = new Map<string, Float32Array>();
  for (const name of names) copies.set(name, Float32Array.from(await stateOf(state, name).data()));
  return copies;
};
