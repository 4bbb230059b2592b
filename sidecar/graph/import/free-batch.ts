import { GraphError } from '../graph-error.ts';
import type { Graph, Node } from '../model.ts';
import { inferShapes } from '../shapes.ts';
import { assemblyFor, initializerOf, withTensors } from './workbench.ts';

/** Name of the open number of rows in models that are trained here. */
export const rowsSymbol = 'N';

/**
 * The graph for any number of rows. A file that was exported for one number repeats it in the targets of its Reshapes;
 * there a 0, which keeps the dimension, takes its place.
 *
 * @throws GraphError where the number of rows stays fixed
 */
export const freeBatch = (graph: Graph, output: string): Graph => {
  const [input] = graph.inputs;
  const fixed = input?.shape[0];
  const open: Graph = {
    ...graph,
    inputs: graph.inputs.map((each) => ({ ...each, shape: [rowsSymbol, ...each.shape.slice(1)] })),
  };
  const freed = typeof fixed === 'number' ? relax(open, fixed) : open;
  if (!follows(freed, output)) throw fixedBatch(fixed);
  return freed;
};

const fixedBatch = (rows: number | string | undefined): GraphError =>
  new GraphError(
    `The file works for ${typeof rows === 'number' ? `${rows}` : 'one fixed number of'} rows at once only.`,
    undefined,
    'Export it with an open number of rows: dynamic_shapes=({0: torch.export.Dim("N")},) or dynamic_axes={"input": {0: "N"}} in torch.onnx.export.',
  );

/** Whether the output has as many rows as the input, for two numbers of rows. */
const follows = (graph: Graph, output: string): boolean =>
  [2, 3].every((rows) => {
    try {
      return inferShapes(graph, { [rowsSymbol]: rows }).get(output)?.shape[0] === rows;
    } catch (error) {
      // Shapes that fit for the exported number of rows need not fit for another; what is wrong with the operators
      // themselves is told by the caller, who infers shapes for the number that the file names.
      if (error instanceof GraphError) return false;
      throw error;
    }
  });

const relax = (graph: Graph, rows: number): Graph => {
  const shapes = inferShapes(graph, { [rowsSymbol]: rows });
  const assembly = assemblyFor(graph, 'rows.', 17);
  const relaxed = (node: Node): Node => {
    const target = initializerOf(graph, node.inputs[1] ?? '');
    if (node.op !== 'Reshape' || target === undefined) return node;
    const [first, ...rest] = Array.from(target.data as Iterable<unknown>, Number);
    if (first !== rows || shapes.get(node.inputs[0] ?? '')?.shape[0] !== rows) return node;
    return { ...node, inputs: [node.inputs[0] ?? '', assembly.ints([0, ...rest])] };
  };
  const nodes = graph.nodes.map(relaxed);
  return withTensors({ ...graph, nodes }, assembly.constants());
};
