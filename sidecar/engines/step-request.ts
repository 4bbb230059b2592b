import { changedBy } from '../graph/evaluation.ts';
import type { TrainStep, TrainStepRequest } from '../graph/train-step.ts';
import { averageOf, type UpdateRequest } from '../graph/updates.ts';
import type { TrainingData, TrainingPlan } from './engine.ts';

/** How the weights change, as a plan asks for it. */
export const updateRequestOf = ({ optimizer, gradientClip, averageDecay }: TrainingPlan): UpdateRequest => ({
  optimizer,
  ...(gradientClip === undefined ? {} : { gradientClip }),
  ...(averageDecay === undefined ? {} : { averaged: 'averaged' }),
});

/** The train-step graph that a plan asks for; with `accumulate` it only gathers. */
export const stepRequestOf = (
  plan: TrainingPlan,
  { softTargets }: TrainingData,
  batch: number,
): Omit<TrainStepRequest, 'gradients'> => {
  const { loss, frozen, labelSmoothing, classWeights, accumulate = 1 } = plan;
  return {
    ...updateRequestOf(plan),
    batch,
    loss,
    targets: softTargets ? 'distribution' : 'column',
    form: accumulate > 1 ? 'gather' : 'whole',
    ...(frozen === undefined ? {} : { frozen: new Set(frozen) }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
    ...(classWeights === undefined ? {} : { classWeights }),
  };
};

/** Which tensor of the state is judged, by the name of the initializer that it stands for. */
export const judgedNames = (step: TrainStep, { averageDecay }: TrainingPlan): ReadonlyMap<string, string> => {
  const averaged = new Set(averageDecay === undefined ? [] : step.weights.map(({ name }) => name));
  return new Map(changedBy(step).map(({ name }) => [name, averaged.has(name) ? averageOf(name) : name]));
};
