import { numberOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import type { Graph, Node, ValueInfo } from '../model.ts';
import type { Shapes } from '../shapes.ts';
import { axisOf } from '../shapes/rule.ts';
import { wayOutOfMaps } from '../ways-out.ts';
import { refuse } from './refuse.ts';
import { producerOf } from './workbench.ts';

/** Names that exporters give the output that matters where there are several. */
const speaking = ['logits', 'probabilities', 'output_probability', 'prediction', 'predictions', 'variable', 'output'];

/** The output that answers: float32, by its name where there are several, else the first. */
export const answerOf = (graph: Graph): string => {
  const { outputs } = graph;
  const numbers = outputs.filter(({ type }) => type === 'float32');
  const named = speaking.flatMap((name) => numbers.filter((output) => output.name === name));
  const answer: ValueInfo | undefined = named[0] ?? numbers[0];
  if (answer !== undefined) return answer.name;
  // What makes the map, such as a tree, may be the greater obstacle.
  refuse(graph);
  const [first] = outputs;
  throw new GraphError(
    `The file’s output “${first?.name ?? ''}” is not a tensor of float32 numbers.`,
    undefined,
    wayOutOfMaps,
  );
};

/** What the last layer's numbers go through before they are an answer. */
export type Squash = 'softmax' | 'sigmoid' | 'none';

export interface Logits {
  readonly graph: Graph;
  readonly value: string;
  readonly squash: Squash;
}

/** Operators that leave every row's numbers and their order as they are. */
const carrying = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast']);

const squashes: Readonly<Record<string, Squash>> = { Softmax: 'softmax', LogSoftmax: 'softmax', Sigmoid: 'sigmoid' };

/**
 * The numbers before the softmax or sigmoid that the file ends with: training learns on them, since the loss has the
 * softmax in itself. A logarithm of a softmax is taken off too; the softmax of both is the same.
 */
export const logitsOf = (graph: Graph, answer: string, shapes: Shapes): Logits => {
  let value = answer;
  let node = producerOf(graph, value);
  while (node !== undefined && carrying.has(node.op)) {
    value = node.inputs[0] ?? '';
    node = producerOf(graph, value);
  }
  const squash = node === undefined ? undefined : squashes[node.op];
  if (node === undefined || squash === undefined || !squashesRows(node, shapes))
    return { graph, value: answer, squash: 'none' };
  const before = node.inputs[0] ?? '';
  if (value === answer) return { graph, value: before, squash };
  return { graph: bypass(graph, node, before), value: answer, squash };
};

/** Along the classes and not, as inside of attention, along something else. */
const squashesRows = (node: Node, shapes: Shapes): boolean => {
  const shape = shapes.get(node.inputs[0] ?? '')?.shape ?? [];
  const axis = axisOf(numberOf(node, 'axis', -1), shape.length);
  return node.op === 'Sigmoid' || shape.every((dim, index) => index === 0 || index === axis || dim === 1);
};

/** The graph in which whoever reads the node's output reads another value. */
const bypass = (graph: Graph, skipped: Node, value: string): Graph => {
  const [made = ''] = skipped.outputs;
  return {
    ...graph,
    nodes: graph.nodes
      .filter((node) => node !== skipped)
      .map((node) => ({ ...node, inputs: node.inputs.map((name) => (name === made ? value : name)) })),
  };
};
