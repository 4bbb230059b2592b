import type { Graph, Model, Tensor } from './model.ts';
import { sizeOf } from './model.ts';

/** Inputs of BatchNormalization that are running statistics: training updates them, but not by a gradient. */
const statisticInputs = [3, 4] as const;

/** The initializers that hold running statistics. */
export const runningStatistics = (graph: Graph): ReadonlySet<string> =>
  new Set(
    graph.nodes
      .filter(({ op }) => op === 'BatchNormalization')
      .flatMap(({ inputs }) => statisticInputs.map((index) => inputs[index] ?? '')),
  );

/**
 * What training may change: float32 initializers with at least one dimension that are not running statistics.
 * Constants, such as the numbers that normalise the input, are Constant nodes in the models that are built here.
 */
export const trainableParameters = (graph: Graph): readonly Tensor[] => {
  const statistics = runningStatistics(graph);
  return graph.initializers.filter(
    ({ name, type, dims }) => type === 'float32' && dims.length > 0 && !statistics.has(name),
  );
};

/** How many numbers training may change. */
export const parameterCount = (model: Model): number =>
  trainableParameters(model.graph).reduce((count, { dims }) => count + sizeOf(dims), 0);
