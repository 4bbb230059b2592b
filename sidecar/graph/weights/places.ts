import type { Graph } from '../model.ts';

/** Weights of the layer that gives the first output, seen through a softmax: its head. */
export const headWeights = (graph: Graph): ReadonlySet<string> => {
  const initializers = new Set(graph.initializers.map(({ name }) => name));
  let value = graph.outputs[0]?.name ?? '';
  let node = graph.nodes.find(({ outputs }) => outputs.includes(value));
  while (node !== undefined && !node.inputs.slice(1).some((name) => initializers.has(name))) {
    value = node.inputs[0] ?? '';
    node = graph.nodes.find(({ outputs }) => outputs.includes(value));
  }
  return new Set((node?.inputs ?? []).slice(1).filter((name) => initializers.has(name)));
};

/** Weights of the first convolution. */
export const stemWeight = (graph: Graph): string | undefined => graph.nodes.find(({ op }) => op === 'Conv')?.inputs[1];
