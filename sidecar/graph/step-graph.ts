import type { Assembly } from './assembly.ts';
import { fuseBlocked } from './blocked/fuse.ts';
import { checkGraph } from './check-graph.ts';
import type { Graph, Model, ValueInfo } from './model.ts';
import { writtenIrVersion, writtenOpset } from './model.ts';
import { withoutUnread } from './prune.ts';

/** A float32 input or output whose shape has no symbols. */
export const fixed = (name: string, shape: readonly number[]): ValueInfo => ({ name, type: 'float32', shape });

/** The nodes that the outputs need, with the constants that those read and no input gives. */
export const closeGraph = (assembly: Assembly, given: Omit<Graph, 'nodes'>): Graph => {
  const { blocked } = assembly;
  const outputs = given.outputs.map(({ name }) => name);
  const constants = [...given.initializers, ...assembly.constants()];
  const kept = withoutUnread(assembly.nodes(), outputs);
  const nodes = blocked === undefined ? kept : fuseBlocked(kept, { blocked, constants, outputs: new Set(outputs) });
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const fed = new Set(given.inputs.map(({ name }) => name));
  const graph = { ...given, nodes, initializers: constants.filter(({ name }) => read.has(name) && !fed.has(name)) };
  checkGraph(graph);
  return graph;
};

/** A graph that was made from a model, as a model of its own. */
export const stepModel = (graph: Graph, { irVersion, opset }: Model): Model => ({
  irVersion: Math.max(irVersion, writtenIrVersion),
  opset: Math.max(opset, writtenOpset),
  producer: 'trainyard',
  graph,
  metadata: {},
});
