import type { Graph, Node, Tensor } from '../model.ts';
import { sizeOf } from '../model.ts';
import { runningStatistics } from '../parameters.ts';

/** Inputs of layers that training changes. */
const places: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  Einsum: [0, 1, 2, 3],
  BatchNormalization: [1, 2],
  LayerNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
  PRelu: [1],
  Gather: [0],
};

const arithmetic = new Set(['Add', 'Sub', 'Mul', 'Div']);
/** What a weight may go through on its way to its layer. */
const carrying = new Set(
  'Reshape Transpose Slice Split Squeeze Unsqueeze Expand Tile Concat Cast CastLike Flatten'.split(' '),
);

/**
 * The graph in which exactly what training may change is a float32 initializer, and every other list of numbers is a
 * Constant node. A file does not say which is which, so the place decides: matrices, filters, scales and biases of
 * layers learn, and what is added to or multiplied with values behind the first layer, such as the positions of a
 * transformer. Numbers that only prepare the input, single numbers, and masks stay as they are.
 */
export const settleWeights = (graph: Graph): Graph => {
  const learned = learnedValues(graph);
  const statistics = runningStatistics(graph);
  const isConstant = ({ name, data, dims }: Tensor): boolean =>
    data instanceof Float32Array && dims.length > 0 && (isMask(data) || !learned.has(name)) && !statistics.has(name);
  return {
    ...graph,
    nodes: [...graph.initializers.filter(isConstant).map(constantNode), ...graph.nodes],
    initializers: graph.initializers.filter((tensor) => !isConstant(tensor)),
  };
};

/** Attention is closed by numbers that no weight reaches. */
const isMask = (data: Float32Array): boolean => data.some((value) => !(Math.abs(value) < 1e4));

const constantNode = (tensor: Tensor): Node => ({
  name: `constant ${tensor.name}`,
  op: 'Constant',
  domain: '',
  inputs: [],
  outputs: [tensor.name],
  attributes: { value: { kind: 'tensor', value: { ...tensor, name: '' } } },
});

/** Names of values whose numbers are weights: those of a layer, and what such a value is made of. */
const learnedValues = (graph: Graph): ReadonlySet<string> => {
  const deep = deepValues(graph);
  const sizes = new Map(graph.initializers.map(({ name, dims }) => [name, sizeOf(dims)]));
  const learned = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    const takes = places[node.op] ?? [];
    for (const [index, name] of node.inputs.entries())
      if (takes.includes(index) || (sizes.get(name) !== 1 && joins(node, name, deep, learned))) learned.add(name);
  }
  return learned;
};

const joins = (node: Node, name: string, deep: ReadonlySet<string>, learned: ReadonlySet<string>): boolean => {
  const beside = node.inputs.some((other) => other !== name && deep.has(other));
  if (arithmetic.has(node.op)) return beside;
  if (!carrying.has(node.op)) return false;
  return (node.op === 'Concat' && beside) || node.outputs.some((output) => learned.has(output));
};

/** Values behind at least one layer on their way from the input. */
const deepValues = (graph: Graph): ReadonlySet<string> => {
  const reached = new Set(graph.inputs.map(({ name }) => name));
  const deep = new Set<string>();
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => reached.has(name))) continue;
    const isLayer = places[node.op] !== undefined;
    const isDeep = isLayer || node.inputs.some((name) => deep.has(name));
    for (const name of node.outputs) {
      reached.add(name);
      if (isDeep) deep.add(name);
    }
  }
  return deep;
};
