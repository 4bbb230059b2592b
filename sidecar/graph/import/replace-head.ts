import { GraphError } from '../graph-error.ts';
import type { Graph, Node, Tensor } from '../model.ts';
import { float32, sizeOf } from '../model.ts';
import { createRandom } from '../random.ts';
import type { Head } from '../weights/head.ts';
import { headOf } from '../weights/head.ts';
import { assemblyFor, consumersOf, initializerOf, withTensors } from './workbench.ts';

/** The last layer as it must be for the data. */
export interface NewHead {
  /** Value that the layer gives, behind its bias and reshapes. */
  readonly value: string;
  /** How many numbers a row it gives now. */
  readonly before: number;
  readonly outputs: number;
  readonly seed: number;
}

/**
 * The graph with fresh weights in its last layer, for another number of outputs: normally distributed with variance
 * 1 / inputs, biases 0, as the heads of the models that are built here.
 * @throws GraphError where the last layer is not a plain one
 */
export const replaceHead = (graph: Graph, { value, before, outputs, seed }: NewHead): Graph => {
  const head = headOf(graph, value);
  if (head?.weight.dims[head.axis] !== before) throw noHead(before, outputs);
  if (!isOnlyFor(graph, head)) throw noHead(before, outputs);
  const weight = freshWeight(head, outputs, seed);
  const biases = head.others.map((tensor) => freshBias(tensor, before, outputs));
  return reshapedBehind(withTensors(graph, [weight, ...biases]), head.layer, before, outputs);
};

const noHead = (before: number, outputs: number): GraphError =>
  new GraphError(
    `The file answers with ${before} numbers a row, the data needs ${outputs}, and its last layer is not one that can be replaced.`,
    undefined,
    `Export the model with ${outputs} outputs, or end it with one fully connected layer.`,
  );

const isOnlyFor = (graph: Graph, { weight, others }: Head): boolean =>
  [weight, ...others].every(({ name }) => consumersOf(graph, name).length === 1);

const freshWeight = ({ weight, axis }: Head, outputs: number, seed: number): Tensor => {
  const { name, dims } = weight;
  const fresh = dims.with(axis, outputs);
  const { normal } = createRandom(seed);
  const deviation = Math.sqrt((dims[axis] ?? 1) / sizeOf(dims));
  return float32(
    name,
    fresh,
    Float32Array.from({ length: sizeOf(fresh) }, () => deviation * normal()),
  );
};

const freshBias = ({ name, dims }: Tensor, before: number, outputs: number): Tensor => {
  const fresh = dims.map((dim) => (dim === before ? outputs : dim));
  return float32(name, fresh, new Float32Array(sizeOf(fresh)));
};

/** Behind the layer a Reshape may name the number of outputs once more. */
const reshapedBehind = (graph: Graph, layer: Node, before: number, outputs: number): Graph => {
  const assembly = assemblyFor(graph, 'head.', 17);
  const last = graph.nodes.indexOf(layer);
  const nodes = graph.nodes.map((node, index) => {
    const target = initializerOf(graph, node.inputs[1] ?? '');
    if (index < last || node.op !== 'Reshape' || target === undefined) return node;
    const sizes = Array.from(target.data as Iterable<unknown>, Number);
    if (!sizes.includes(before)) return node;
    const changed = assembly.ints(sizes.map((size) => (size === before ? outputs : size)));
    return { ...node, inputs: [node.inputs[0] ?? '', changed] };
  });
  return withTensors({ ...graph, nodes }, assembly.constants());
};
