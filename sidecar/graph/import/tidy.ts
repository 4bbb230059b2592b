import { GraphError } from '../graph-error.ts';
import type { Attribute, Graph, Node, Tensor } from '../model.ts';
import { float32, int64 } from '../model.ts';
import { renamed } from './workbench.ts';

/**
 * The graph without Constant and Identity nodes: every constant is an initializer, every value has one name.
 *
 * An Identity of an initializer becomes a tensor of its own. PyTorch's exporter writes one where two weights happen to
 * be equal, such as the scales of fresh normalizations, and they are two weights again once they are trained.
 */
export const tidy = (graph: Graph): Graph => {
  const constants = graph.nodes.filter(isConstant).map(tensorOf);
  const tensors = new Map([...graph.initializers, ...constants].map((tensor) => [tensor.name, tensor]));
  const aliases = new Map<string, string>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const [from = '', to = ''] = [node.inputs[0], node.outputs[0]];
    const copied = tensors.get(from);
    if (isConstant(node)) continue;
    if (node.op !== 'Identity' || node.domain !== '') nodes.push(node);
    else if (copied !== undefined) tensors.set(to, { ...copied, name: to });
    else aliases.set(to, aliases.get(from) ?? from);
  }
  return renamed({ ...graph, nodes, initializers: [...tensors.values()] }, aliases);
};

/** How many tensors a graph has by copying another. */
export const copiesIn = ({ initializers, nodes }: Graph): number => {
  const tensors = new Set(initializers.map(({ name }) => name));
  return nodes.filter(({ op, inputs }) => op === 'Identity' && tensors.has(inputs[0] ?? '')).length;
};

const isConstant = ({ op, domain }: Node): boolean => op === 'Constant' && domain === '';

const tensorOf = (node: Node): Tensor => {
  const [entry] = Object.entries(node.attributes);
  const tensor = entry && readers[entry[0]]?.(entry[1]);
  if (tensor === undefined) throw new GraphError('A Constant has a value that is not supported.', node.name);
  return { ...tensor, name: node.outputs[0] ?? '' };
};

/** By attribute: the tensor that a Constant with it makes. */
const readers: Readonly<Record<string, (attribute: Attribute) => Tensor | undefined>> = {
  value: (given) => (given.kind === 'tensor' ? given.value : undefined),
  value_float: (given) => (given.kind === 'float' ? float32('', [], Float32Array.of(given.value)) : undefined),
  value_int: (given) => (given.kind === 'int' ? int64('', [], [given.value]) : undefined),
  value_floats: (given) =>
    given.kind === 'floats' ? float32('', [given.value.length], Float32Array.from(given.value)) : undefined,
  value_ints: (given) => (given.kind === 'ints' ? int64('', [given.value.length], given.value) : undefined),
};
