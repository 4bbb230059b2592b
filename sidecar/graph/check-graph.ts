import { GraphError } from './graph-error.ts';
import type { Graph, Node } from './model.ts';

/**
 * Throws a GraphError unless every value is made once and before it is read. Subgraphs may read values around them.
 * Source: the ONNX IR specification, "Graphs" (single assignment, topological order).
 */
export const checkGraph = (graph: Graph, around: ReadonlySet<string> = new Set()): void => {
  const known = new Set(around);
  for (const { name } of graph.initializers) define(known, name, undefined);
  for (const { name } of graph.inputs) define(known, name, undefined);
  for (const node of graph.nodes) {
    checkInputs(node, known);
    for (const attribute of Object.values(node.attributes))
      if (attribute.kind === 'graph') checkGraph(attribute.value, known);
    for (const output of node.outputs) if (output !== '') define(known, output, node.name);
  }
  const lost = graph.outputs.find(({ name }) => !known.has(name));
  if (lost !== undefined) throw new GraphError(`Nothing in the model makes its output “${lost.name}”.`);
};

const checkInputs = (node: Node, known: ReadonlySet<string>): void => {
  const missing = node.inputs.find((input) => input !== '' && !known.has(input));
  if (missing !== undefined)
    throw new GraphError(`The operator ${node.op} reads “${missing}”, which nothing before it makes.`, node.name);
};

const define = (known: Set<string>, name: string, node: string | undefined): void => {
  if (name === '') throw new GraphError('The model has a value without a name.', node);
  if (known.has(name)) throw new GraphError(`The model makes “${name}” twice.`, node);
  known.add(name);
};
