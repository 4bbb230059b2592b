import type { Graph } from '../model.ts';
import { headOf } from './head.ts';

/** Weights of the layer that gives the first output: its head. */
export const headWeights = (graph: Graph): ReadonlySet<string> => {
  const head = headOf(graph, graph.outputs[0]?.name ?? '');
  return new Set(head === undefined ? [] : [head.weight.name, ...head.others.map(({ name }) => name)]);
};

/** Weights of the first convolution. */
export const stemWeight = (graph: Graph): string | undefined => graph.nodes.find(({ op }) => op === 'Conv')?.inputs[1];
