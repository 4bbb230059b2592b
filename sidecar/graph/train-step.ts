import type { Assembly } from './assembly.ts';
import { createAssembly } from './assembly.ts';
import { checkGraph } from './check-graph.ts';
import { recordForward } from './differentiate.ts';
import { GraphError } from './graph-error.ts';
import type { Mask } from './gradients/rule.ts';
import type { Loss } from './losses.ts';
import { losses } from './losses.ts';
import type { Graph, Model, Tensor, ValueInfo } from './model.ts';
import { writtenIrVersion, writtenOpset } from './model.ts';
import type { Optimizer } from './optimizers.ts';
import { optimizers } from './optimizers.ts';
import { runningStatistics, trainableParameters } from './parameters.ts';
import { needed, withoutUnread } from './prune.ts';
import { inferShapes, type Shapes } from './shapes.ts';

export interface TrainStepRequest {
  readonly batch: number;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Largest norm of all gradients together. */
  readonly gradientClip?: number;
  /** Names of the initializers that stay as they are. */
  readonly frozen?: ReadonlySet<string>;
  /**
   * `derived`, the default: the graph computes its own gradients. `fed`: an engine differentiates the forward part
   * and feeds what the update part needs.
   */
  readonly gradients?: 'derived' | 'fed';
}

/** A tensor whose data is known to be float32. */
export interface FloatTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A tensor that a step reads and hands on changed. */
export interface StateSlot {
  readonly input: string;
  readonly output: string;
  /** The tensor of the model that it begins as; its name is the initializer's. Zeros for an optimizer's own. */
  readonly initial: FloatTensor;
  readonly role: 'parameter' | 'statistic' | 'optimizer';
}

/** One step of training as a graph of standard operators, and the names by which it is fed. */
export interface TrainStep {
  readonly model: Model;
  readonly batch: number;
  /** Float32 `[batch, ...inputShape]`. */
  readonly input: string;
  readonly inputDims: readonly number[];
  /** Float32 `[batch]`: class numbers, or values. */
  readonly target: string;
  /** Output, float32 scalar. */
  readonly loss: string;
  /** Output, float32 `[batch, width]`: logits, or predicted values. */
  readonly predictions: string;
  readonly width: number;
  readonly state: readonly StateSlot[];
  /** Inputs that `stepScalars` computes. */
  readonly scalars: readonly string[];
  readonly masks: readonly Mask[];
  /** By trained parameter: the input that its gradient is fed to. Empty where the graph derives them. */
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
  const { batch, frozen = new Set<string>(), gradients: from = 'derived' } = request;
  if (model.opset < oldestOpset)
    throw new GraphError(`The model uses operator set ${model.opset}; training needs ${oldestOpset} or newer.`);
  const { input, head } = endsOf(model.graph);
  const graph = needed(model.graph, head);
  const shapes = inferShapes(graph, bindingsOf(input, batch));
  const width = widthOf(shapes, head, batch);

  const opset = Math.max(model.opset, writtenOpset);
  const assembly = createAssembly('step.', opset);
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
  const loss = 'loss';
  const seed = losses[request.loss]({ assembly, predictions: head, target, batch, width, output: loss });
  const fed = new Map(from === 'fed' ? wanted.map((name) => [name, `${name}__g`]) : []);
  const gradients = from === 'fed' ? fed : tape.backward(new Map([[head, seed]]));
  const trained = parameters.filter(({ name }) => gradients.has(name));
  if (trained.length === 0) throw new GraphError('The model has nothing that training could change.');
  const clipped = clip(assembly, gradients, request.gradientClip);
  const learned = trained.flatMap((tensor) => emitUpdate(assembly, request.optimizer, tensor, clipped));
  const statistics = emitStatistics(assembly, graph, tape.updates);
  const state = [...learned, ...statistics];
  const scalars = optimizers[request.optimizer.type].scalars(request.optimizer);

  const inputDims = shapes.get(input.name)?.shape ?? [];
  const stateInputs = new Set(state.map((slot) => slot.input));
  const nodes = withoutUnread(assembly.nodes(), [head, loss, ...state.map((slot) => slot.output)]);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const constants = [...graph.initializers.filter(({ name }) => !stateInputs.has(name)), ...assembly.constants()];
  const step: Graph = {
    name: 'train-step',
    nodes,
    inputs: [
      fixed(input.name, inputDims),
      fixed(target, [batch]),
      ...scalars.map((name) => fixed(name, [])),
      ...tape.masks.map(({ name, dims }) => fixed(name, dims)),
      ...trained.flatMap(({ name, dims }) => (fed.has(name) ? [fixed(fed.get(name) ?? '', dims)] : [])),
      ...state.map((slot) => fixed(slot.input, slot.initial.dims)),
    ],
    outputs: [
      fixed(loss, []),
      fixed(head, [batch, width]),
      ...state.map((slot) => fixed(slot.output, slot.initial.dims)),
    ],
    initializers: constants.filter(({ name }) => read.has(name)),
  };
  checkGraph(step);
  return {
    model: {
      irVersion: Math.max(model.irVersion, writtenIrVersion),
      opset,
      producer: 'trainyard',
      graph: step,
      metadata: {},
    },
    batch,
    input: input.name,
    inputDims,
    target,
    loss,
    predictions: head,
    width,
    state,
    scalars,
    masks: tape.masks,
    gradients: fed,
  };
};

/** Numbers in a row of the output `[batch, width]` or `[batch]`. */
const widthOf = (shapes: Shapes, head: string, batch: number): number => {
  const [rows, width = 1, ...more] = shapes.get(head)?.shape ?? [];
  if (rows !== batch || more.length > 0)
    throw new GraphError(`The output “${head}” is not one row for each row of the batch.`);
  return width;
};

const fixed = (name: string, shape: readonly number[]): ValueInfo => ({ name, type: 'float32', shape });

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

/** All gradients times min(1, largest/(norm + 1e-6)). Source: torch.nn.utils.clip_grad_norm_. */
const clip = (
  assembly: Assembly,
  gradients: ReadonlyMap<string, string>,
  largest: number | undefined,
): ReadonlyMap<string, string> => {
  if (largest === undefined) return gradients;
  const squares = [...gradients.values()].map((gradient) =>
    assembly.add('Reshape', [assembly.add('ReduceSumSquare', [gradient]), assembly.ints([1])]),
  );
  const norm = assembly.add('Sqrt', [
    assembly.reduce('ReduceSum', assembly.add('Concat', squares, { axis: { kind: 'int', value: 0 } }), [0], 'drop'),
  ]);
  const ratio = assembly.add('Div', [assembly.floats([largest]), assembly.add('Add', [norm, assembly.floats([1e-6])])]);
  const factor = assembly.add('Min', [ratio, assembly.floats([1])]);
  return new Map(Array.from(gradients, ([name, gradient]) => [name, assembly.add('Mul', [gradient, factor])]));
};

const asFloats = ({ name, dims, data }: Tensor): FloatTensor => {
  if (!(data instanceof Float32Array)) throw new GraphError(`The tensor “${name}” must hold float32 numbers.`);
  return { name, dims, data };
};

const after = (name: string): string => `${name}__n`;

const emitUpdate = (
  assembly: Assembly,
  optimizer: Optimizer,
  tensor: FloatTensor,
  gradients: ReadonlyMap<string, string>,
): readonly StateSlot[] => {
  const rule = optimizers[optimizer.type];
  const slots = rule.slots(optimizer).map((slot) => `${tensor.name}__${slot}`);
  rule.emit(optimizer, {
    assembly,
    parameter: tensor.name,
    gradient: gradients.get(tensor.name) ?? '',
    output: after(tensor.name),
    slots,
    slotOutputs: slots.map(after),
  });
  return [
    { input: tensor.name, output: after(tensor.name), initial: tensor, role: 'parameter' },
    ...slots.map((name): StateSlot => {
      const data = new Float32Array(tensor.data.length);
      return { input: name, output: after(name), initial: { name, dims: tensor.dims, data }, role: 'optimizer' };
    }),
  ];
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
