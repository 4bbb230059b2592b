import { stepScalars } from '../graph/optimizers.ts';
import { averageShare } from '../graph/updates.ts';
import type { TrainingPlan } from './engine.ts';

/** How many times the weights change in an epoch of so many batches; what is left over makes one change more. */
export const updatesIn = (batches: number, { accumulate = 1 }: TrainingPlan): number => Math.ceil(batches / accumulate);

/** Whether the weights change after a batch of an epoch, counted from 0: the last one always does it. */
export const isUpdate = (batch: number, batches: number, { accumulate = 1 }: TrainingPlan): boolean =>
  (batch + 1) % accumulate === 0 || batch + 1 === batches;

/** The scalars of the t-th change of the weights, counted from 1. */
export const scalarsOf = (
  { optimizer, averageDecay }: TrainingPlan,
  learningRate: number,
  t: number,
): Readonly<Record<string, number>> => ({
  ...stepScalars(optimizer, learningRate, t),
  ...(averageDecay !== undefined && { [averageShare]: 1 - Math.min(averageDecay, (1 + t) / (10 + t)) }),
});
