import type { Assembly } from './assembly.ts';
import { createAssembly } from './assembly.ts';
import type { LossSum } from './losses.ts';
import type { Model } from './model.ts';
import { emptySlot, type FloatTensor, type StateSlot } from './state-slot.ts';
import { closeGraph, fixed, stepModel } from './step-graph.ts';
import { emitUpdates, updateScalars, type UpdateRequest } from './updates.ts';

/** The second half of a step whose gradients were gathered: weights that change by their mean. */
export interface UpdateStep {
  readonly model: Model;
  readonly state: readonly StateSlot[];
  /** What the gathering left, read here; it begins again at zeros. */
  readonly gathered: readonly StateSlot[];
  readonly scalars: readonly string[];
}

/** What is known of the step that gathers. */
interface GatheringStep {
  readonly model: Model;
  readonly weights: readonly FloatTensor[];
  readonly state: readonly StateSlot[];
}

/** The graph that changes the weights by what a step of the form `gather` has gathered. */
export const buildUpdateStep = ({ model, weights, state }: GatheringStep, request: UpdateRequest): UpdateStep => {
  const assembly = createAssembly('update.', model.opset);
  const means = weights.map(({ name }): [string, string] => [
    name,
    assembly.add('Div', [gatheredOf(name), gatheredCount]),
  ]);
  const gathered = state.filter(({ role }) => role === 'gathered');
  const updated = emitUpdates(assembly, weights, new Map(means), request);
  const scalars = updateScalars(request);
  const graph = closeGraph(assembly, {
    name: 'update-step',
    initializers: [],
    inputs: [
      ...scalars.map((name) => fixed(name, [])),
      ...[...gathered, ...updated].map((slot) => fixed(slot.input, slot.initial.dims)),
    ],
    outputs: updated.map((slot) => fixed(slot.output, slot.initial.dims)),
  });
  return { model: stepModel(graph, model), state: updated, gathered, scalars };
};

const gatheredOf = (weight: string): string => `${weight}__gathered`;

/** What the mean of all gathered gradients divides by. */
const gatheredCount = 'step__gathered';

/** The sums so far and those of this batch, added up. */
export const emitGathering = (
  assembly: Assembly,
  weights: readonly FloatTensor[],
  gradients: ReadonlyMap<string, string>,
  { count }: LossSum,
): readonly StateSlot[] => {
  const gather = (slot: StateSlot, value: string): StateSlot => {
    assembly.add('Add', [slot.input, value], {}, slot.output);
    return slot;
  };
  return [
    gather(emptySlot(gatheredCount, [], 'gathered'), typeof count === 'number' ? assembly.floats([count]) : count),
    ...weights.map(({ name, dims }) =>
      gather(emptySlot(gatheredOf(name), dims, 'gathered'), gradients.get(name) ?? ''),
    ),
  ];
};
