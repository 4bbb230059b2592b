import type { Assembly } from './assembly.ts';
import { createAssembly } from './assembly.ts';
import { recordForward, type Tape } from './differentiate.ts';
import { emitGathering } from './gathering.ts';
import { GraphError } from './graph-error.ts';
import type { Mask } from './gradients/rule.ts';
import type { ClassTerms, Loss, LossSite, LossSum } from './losses.ts';
import { emitLoss, emitMean } from './losses.ts';
import type { Graph, Model, Tensor, ValueInfo } from './model.ts';
import { writtenOpset } from './model.ts';
import { runningStatistics, trainableParameters } from './parameters.ts';
import { needed } from './prune.ts';
import { inferShapes, type Shapes } from './shapes.ts';
import { closeGraph, fixed, stepModel } from './step-graph.ts';
import { after, type FloatTensor, type StateSlot } from './state-slot.ts';
import { emitUpdates, updateScalars, type UpdateRequest } from './updates.ts';

export interface TrainStepRequest extends UpdateRequest, ClassTerms {
  readonly batch: number;
  readonly loss: Loss;
  /** Left out: class numbers or values, one a row. */
  readonly targets?: LossSite['targets'];
  /** Names of the initializers that stay as they are. */
  readonly frozen?: ReadonlySet<string>;
  /**
   * `derived`, the default: the graph computes its own gradients. `fed`: an engine differentiates the loss of the
   * forward part and feeds what the update part needs.
   */
  readonly gradients?: 'derived' | 'fed';
  /** `gather`: the weights stay as they are, and gradients are only added up. Left out: the weights change. */
  readonly form?: 'whole' | 'gather';
  /** Channels that lie side by side in the layout of the runtime's fastest kernels, 8 or 16, where they can be used. */
  readonly block?: number;
}

/** One step of training as a graph of standard operators, and the names by which it is fed. */
export interface TrainStep {
  readonly model: Model;
  readonly batch: number;
  /** Float32 `[batch, ...inputShape]`. */
  readonly input: string;
  readonly inputDims: readonly number[];
  /** Float32: class numbers or values, or distributions. */
  readonly target: string;
  readonly targetDims: readonly number[];
  /** Output, float32 scalar: the mean over the batch. */
  readonly loss: string;
  /** Output, float32 `[batch, width]`: logits, or predicted values. */
  readonly predictions: string;
  readonly width: number;
  /** What the step reads and hands on changed. */
  readonly state: readonly StateSlot[];
  /** Weights that are trained; a step that only gathers reads them and leaves them as they are. */
  readonly weights: readonly FloatTensor[];
  /** Inputs that change from step to step, such as the learning rate. */
  readonly scalars: readonly string[];
  readonly masks: readonly Mask[];
  /** By trained weight: the input that its gradient is fed to. Empty where the graph derives them. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** Operator sets before this one write axes and bounds in other places. */
const oldestOpset = 13;

/**
 * The train-step graph of a forward model: forward pass, loss, backward pass and optimizer, for one batch size.
 *
 * The weights are inputs, and the new weights outputs called `<name>__n`, so that a step is a function and the graph
 * is small. Throws a GraphError where an operator between the loss and a trained weight has no gradient.
 */
export const buildTrainStep = (model: Model, request: TrainStepRequest): TrainStep => {
  const {
    batch,
    frozen = new Set<string>(),
    targets = 'column',
    form = 'whole',
    gradients: from = 'derived',
  } = request;
  const { graph, input, head, shapes, width } = forwardOf(model, batch);

  const assembly = createAssembly('step.', Math.max(model.opset, writtenOpset), request.block);
  const parameters = trainableParameters(graph)
    .map(asFloats)
    .filter(({ name }) => !frozen.has(name));
  const wanted = parameters.map(({ name }) => name);
  const tape = recordForward({
    graph,
    shapes,
    assembly,
    wanted,
    mode: 'training',
    form: from === 'fed' ? 'plain' : 'recipes',
    frozen,
  });
  const target = 'step.target';
  const loss = emitLoss(request.loss, { ...request, assembly, predictions: head, target, targets, width });
  const output = emitMean(assembly, loss.sum, loss, 'loss');
  const learn = form === 'whole' ? learnWhole : learnGathering;
  const takeGradients = from === 'fed' ? takeFed : derive;
  const { weights, slots, scalars, read, fed } = learn(
    { assembly, parameters, loss, tape, head, takeGradients },
    request,
  );
  const state = [...slots, ...emitStatistics(assembly, graph, tape.updates)];

  const inputDims = shapes.get(input.name)?.shape ?? [];
  const targetDims = targetDimsOf(targets, batch, width);
  const step = closeGraph(assembly, {
    name: 'train-step',
    initializers: graph.initializers,
    inputs: [
      fixed(input.name, inputDims),
      fixed(target, targetDims),
      ...scalars.map((name) => fixed(name, [])),
      ...tape.masks.map(({ name, dims }) => fixed(name, dims)),
      ...read.map(({ name, dims }) => fixed(name, dims)),
      ...weights.flatMap(({ name, dims }) => (fed.has(name) ? [fixed(fedTo(name), dims)] : [])),
      ...state.map((slot) => fixed(slot.input, slot.initial.dims)),
    ],
    outputs: [
      fixed(output, []),
      fixed(head, [batch, width]),
      ...state.map((slot) => fixed(slot.output, slot.initial.dims)),
    ],
  });
  const names = { input: input.name, target, loss: output, predictions: head };
  const sizes = { batch, inputDims, targetDims, width };
  return {
    model: stepModel(step, model),
    ...names,
    ...sizes,
    state,
    weights,
    scalars,
    masks: tape.masks,
    gradients: fed,
  };
};

const targetDimsOf = (targets: LossSite['targets'], batch: number, width: number): readonly number[] =>
  targets === 'distribution' ? [batch, width] : [batch];

/** A model as far as its loss reads it, for one batch size. */
const forwardOf = (model: Model, batch: number) => {
  if (model.opset < oldestOpset)
    throw new GraphError(`The model uses operator set ${model.opset}; training needs ${oldestOpset} or newer.`);
  const { input, head } = endsOf(model.graph);
  const graph = needed(model.graph, head);
  const shapes = inferShapes(graph, bindingsOf(input, batch));
  return { graph, input, head, shapes, width: widthOf(shapes, head, batch) };
};

interface LearnSite {
  readonly assembly: Assembly;
  readonly parameters: readonly FloatTensor[];
  readonly loss: LossSum;
  readonly tape: Tape;
  readonly head: string;
  readonly takeGradients: TakeGradients;
}

/** What a form of the step makes of the gradients. */
interface Learned {
  readonly weights: readonly FloatTensor[];
  readonly slots: readonly StateSlot[];
  readonly scalars: readonly string[];
  /** Weights that are read and left as they are. */
  readonly read: readonly FloatTensor[];
  readonly fed: TrainStep['gradients'];
}

type Learn = (site: LearnSite, request: UpdateRequest) => Learned;

const learnWhole: Learn = (site, request) => {
  const { weights, gradients, fed } = site.takeGradients(site, 'mean');
  const slots = emitUpdates(site.assembly, weights, gradients, request);
  return { weights, slots, scalars: updateScalars(request), read: [], fed };
};

const learnGathering: Learn = (site) => {
  const { weights, gradients, fed } = site.takeGradients(site, 'sum');
  return {
    weights,
    slots: emitGathering(site.assembly, weights, gradients, site.loss),
    scalars: [],
    read: weights,
    fed,
  };
};

interface Taken {
  /** Those that have a gradient. */
  readonly weights: readonly FloatTensor[];
  readonly gradients: ReadonlyMap<string, string>;
  readonly fed: TrainStep['gradients'];
}

/** The gradients of the mean or the sum of the loss. */
type TakeGradients = (site: LearnSite, of: 'mean' | 'sum') => Taken;

const derive: TakeGradients = ({ assembly, tape, head, parameters, loss }, of) => {
  const seed = of === 'mean' ? emitMean(assembly, loss.gradient, loss) : loss.gradient;
  const gradients = tape.backward(new Map([[head, seed]]));
  const weights = someOf(parameters.filter(({ name }) => gradients.has(name)));
  return { weights, gradients, fed: new Map() };
};

/** An engine differentiates the mean. */
const takeFed: TakeGradients = ({ assembly, parameters, loss: { count } }, of) => {
  const fed = new Map(parameters.map(({ name }) => [name, fedTo(name)]));
  const summed = (gradient: string) =>
    assembly.add('Mul', [gradient, typeof count === 'number' ? assembly.floats([count]) : count]);
  const gradients = of === 'mean' ? fed : new Map(Array.from(fed, ([name, gradient]) => [name, summed(gradient)]));
  return { weights: someOf(parameters), gradients, fed };
};

const fedTo = (weight: string): string => `${weight}__g`;

const someOf = (weights: readonly FloatTensor[]): readonly FloatTensor[] => {
  if (weights.length === 0) throw new GraphError('The model has nothing that training could change.');
  return weights;
};

/** Numbers in a row of the output `[batch, width]` or `[batch]`. */
const widthOf = (shapes: Shapes, head: string, batch: number): number => {
  const [rows, width = 1, ...more] = shapes.get(head)?.shape ?? [];
  if (rows !== batch || more.length > 0)
    throw new GraphError(`The output “${head}” is not one row for each row of the batch.`);
  return width;
};

/** Its one float32 input, and the output that a loss compares with the target: `logits`, or else the first. */
const endsOf = (graph: Graph): { readonly input: ValueInfo; readonly head: string } => {
  const [input, ...others] = graph.inputs;
  if (input?.type !== 'float32' || others.length > 0)
    throw new GraphError('Training needs a model with exactly one input, of float32 numbers.');
  const head = graph.outputs.find(({ name }) => name === 'logits') ?? graph.outputs[0];
  if (head === undefined) throw new GraphError('The model has no output.');
  return { input, head: beforeSoftmax(graph, head.name) };
};

/** The loss has the softmax in itself, so an output that is one is replaced by what goes into it. */
const beforeSoftmax = (graph: Graph, name: string): string => {
  const node = graph.nodes.find(({ outputs }) => outputs[0] === name);
  return node?.op === 'Softmax' ? (node.inputs[0] ?? name) : name;
};

const bindingsOf = ({ shape }: ValueInfo, batch: number): Readonly<Record<string, number>> => {
  const [first] = shape;
  return typeof first === 'string' ? { [first]: batch } : {};
};

const asFloats = ({ name, dims, data }: Tensor): FloatTensor => {
  if (!(data instanceof Float32Array)) throw new GraphError(`The tensor “${name}” must hold float32 numbers.`);
  return { name, dims, data };
};

const emitStatistics = (
  assembly: Assembly,
  graph: Graph,
  updates: ReadonlyMap<string, string>,
): readonly StateSlot[] => {
  const statistics = runningStatistics(graph);
  return graph.initializers.flatMap((tensor): readonly StateSlot[] => {
    const value = updates.get(tensor.name);
    if (value === undefined || !statistics.has(tensor.name)) return [];
    const output = assembly.add('Identity', [value], {}, after(tensor.name));
    return [{ input: tensor.name, output, initial: asFloats(tensor), role: 'statistic' }];
  });
};
