import type { Model, Tensor } from './model.ts';
import { needed } from './prune.ts';
import type { FloatTensor } from './state-slot.ts';
import type { TrainStep } from './train-step.ts';

/**
 * The forward half of a model that is being trained: its weights are inputs, so that one session serves every epoch,
 * and its only output is the one that the loss reads. The number of rows stays open.
 */
export const buildEvaluation = (model: Model, step: TrainStep): Model => {
  const graph = needed(model.graph, step.predictions);
  const changed = changedBy(step);
  const names = new Set(changed.map(({ name }) => name));
  return {
    ...model,
    graph: {
      ...graph,
      inputs: [...graph.inputs, ...changed.map(({ name, dims }) => ({ name, type: 'float32' as const, shape: dims }))],
      outputs: [{ name: step.predictions, type: 'float32', shape: ['', step.width] }],
      initializers: graph.initializers.filter(({ name }) => !names.has(name)),
    },
  };
};

/** The initializers that training changes: trained weights and running statistics. */
export const changedBy = ({ weights, state }: TrainStep): readonly FloatTensor[] => [
  ...weights,
  ...state.filter(({ role }) => role === 'statistic').map(({ initial }) => initial),
];

/** The model with other numbers in some of its initializers, by name. */
export const withWeights = (model: Model, weights: ReadonlyMap<string, Float32Array>): Model => {
  const replaced = (tensor: Tensor): Tensor => {
    const data = weights.get(tensor.name);
    return data === undefined ? tensor : { ...tensor, data };
  };
  return { ...model, graph: { ...model.graph, initializers: model.graph.initializers.map(replaced) } };
};
