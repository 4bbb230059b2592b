import { GraphError } from '../graph-error.ts';
import type { Graph, Node } from '../model.ts';
import { inferShapes, type Shapes } from '../shapes.ts';
import type { Known } from '../shapes/rule.ts';
import { rowsSymbol } from './free-batch.ts';
import { renamed } from './workbench.ts';

/** Operators that do nothing where the result has the type and shape of the value. */
const candidates = new Set('Expand Reshape Squeeze Unsqueeze Cast CastLike Flatten'.split(' '));

/**
 * The graph without operators that leave a weight as it is. PyTorch's exporter writes an Expand and a CastLike around
 * every running mean when it is told not to optimize; a normalization must find its statistics themselves.
 */
export const withoutIdle = (graph: Graph): Graph => {
  const shapes = shapesForTwo(graph);
  const tensors = new Set(graph.initializers.map(({ name }) => name));
  const aliases = new Map<string, string>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const [from = '', to = ''] = [node.inputs[0], node.outputs[0]];
    const weight = aliases.get(from) ?? from;
    const idle = candidates.has(node.op) && tensors.has(weight) && isSame(shapes.get(weight), shapes.get(to));
    if (idle) aliases.set(to, weight);
    else nodes.push(node);
  }
  return renamed({ ...graph, nodes }, aliases);
};

/** For one row a token that is repeated for every row would look as if nothing happened to it. */
const shapesForTwo = (graph: Graph): Shapes => {
  try {
    return inferShapes(graph, { [rowsSymbol]: 2 });
  } catch (error) {
    // A file that works for one fixed number of rows only is told so later; until then nothing in it is idle.
    if (error instanceof GraphError) return new Map();
    throw error;
  }
};

const isSame = (a: Known | undefined, b: Known | undefined): boolean =>
  a !== undefined && b !== undefined && a.type === b.type && a.shape.join() === b.shape.join();
