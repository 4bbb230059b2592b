import type { Graph, Node, Tensor } from '../model.ts';

/**
 * The graph in which a bias of zeros or a scale of ones belongs to one layer. PyTorch's exporter stores equal tensors
 * once; of layers that were never trained that is each of these, and they become different as soon as they learn.
 * Tensors with different elements are shared on purpose, as a layer that is applied twice shares its own.
 */
export const untie = (graph: Graph): Graph => {
  const fills = new Map(graph.initializers.filter(isFill).map((tensor) => [tensor.name, tensor]));
  const readers = new Map<string, number>();
  const copies: Tensor[] = [];
  const own = (name: string): string => {
    const tensor = fills.get(name);
    if (tensor === undefined) return name;
    const reader = (readers.get(name) ?? 0) + 1;
    readers.set(name, reader);
    if (reader === 1) return name;
    copies.push({ ...tensor, name: `${name}.of.${reader}` });
    return `${name}.of.${reader}`;
  };
  const nodes = graph.nodes.map((node): Node => ({ ...node, inputs: node.inputs.map(own) }));
  return { ...graph, nodes, initializers: [...graph.initializers, ...copies] };
};

/** A list of more than one number, all alike. */
const isFill = ({ dims, data }: Tensor): boolean =>
  dims.length === 1 && data instanceof Float32Array && data.length > 1 && data.every((value) => value === data[0]);
