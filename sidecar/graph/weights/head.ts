import { numberOf } from '../attributes.ts';
import type { Graph, Node, Tensor } from '../model.ts';

/** The layer that gives a value, and the weights from it on. */
export interface Head {
  readonly layer: Node;
  /** The layer's matrix: `[outputs, inputs]` of a Gemm with transB, `[inputs, outputs]`, or `[outputs, …]` of a Conv. */
  readonly weight: Tensor;
  /** Which axis of the matrix counts the outputs. */
  readonly axis: 0 | 1;
  /** What is added or multiplied behind it: biases. */
  readonly others: readonly Tensor[];
}

/** Operators whose second input is a matrix of weights, and the axis of it that counts the outputs. */
const layers: Readonly<Record<string, (node: Node) => 0 | 1>> = {
  Gemm: (node) => (numberOf(node, 'transB', 0) === 1 ? 0 : 1),
  MatMul: () => 1,
  Conv: () => 0,
};

/** The last layer before a value, or undefined where none with weights of its own leads to it. */
export const headOf = (graph: Graph, value: string): Head | undefined => {
  const tensors = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const weightsOf = ({ inputs }: Node): readonly Tensor[] =>
    inputs.flatMap((name) => tensors.get(name) ?? []).filter(({ type, dims }) => type === 'float32' && dims.length > 0);
  const others: Tensor[] = [];
  for (let node = producers.get(value); node !== undefined; node = producers.get(dataOf(node, tensors))) {
    const weight = tensors.get(node.inputs[1] ?? '');
    const axis = layers[node.op]?.(node);
    if (axis !== undefined && weight !== undefined && weight.dims.length > 1)
      return { layer: node, weight, axis, others: [...weightsOf(node).filter((one) => one !== weight), ...others] };
    if (axis !== undefined) return undefined;
    others.push(...weightsOf(node));
  }
  return undefined;
};

/** The input that is computed: a bias may stand on either side. */
const dataOf = ({ inputs }: Node, tensors: ReadonlyMap<string, Tensor>): string =>
  inputs.find((name) => name !== '' && !tensors.has(name)) ?? '';
