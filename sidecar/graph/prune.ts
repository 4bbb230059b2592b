import type { Graph, Node } from './model.ts';

/** The part of a graph that one of its values needs. */
export const needed = (graph: Graph, value: string): Graph => {
  const nodes = withoutUnread(graph.nodes, [value]);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return { ...graph, nodes, initializers: graph.initializers.filter(({ name }) => read.has(name)) };
};

/** The nodes without those that none of the outputs need. */
export const withoutUnread = (nodes: readonly Node[], outputs: readonly string[]): readonly Node[] => {
  const read = new Set(outputs);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => read.has(name))) continue;
    for (const name of node.inputs) read.add(name);
    kept.push(node);
  }
  return kept.toReversed();
};
