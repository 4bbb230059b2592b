import type { Standing } from './checkpoint.ts';
import type { TrainingData, TrainingPlan, TrainingWatch } from './engine.ts';
import type { Stepper } from './stepper.ts';

/** What stays the same over a training. */
export interface Course {
  readonly plan: TrainingPlan;
  readonly data: TrainingData;
  readonly watch: TrainingWatch;
  readonly stepper: Stepper;
  /** First rows of the batches, the same in every epoch. */
  readonly starts: readonly number[];
  /** When it began or went on, by `performance.now`. */
  readonly started: number;
  /** Where it began or went on. */
  readonly before: Standing;
}
