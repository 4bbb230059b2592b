import { stepScalars } from '../graph/optimizers.ts';
import type { Course } from './course.ts';
import type { Batches } from './engine.ts';
import { TrainingDiverged } from './engine.ts';
import { shuffledRows } from './epoch-order.ts';
import { countRight } from './judge.ts';
import { learningRateAt } from './schedule.ts';

/** Where one batch stands in the training. */
interface Moment {
  readonly epoch: number;
  /** Counts the batches of the epoch from 0. */
  readonly index: number;
  /** Counts the batches of the training from 1. */
  readonly step: number;
  readonly rows: number;
  readonly learningRate: number;
}

/** One pass over the training rows. The accuracy is that of the steps' own predictions, made before each update. */
export const trainEpoch = async (course: Course, epoch: number, plateaus: number) => {
  const { plan, data, starts, watch } = course;
  const { rows } = data.train;
  const order = shuffledRows(rows, plan.seed, epoch);
  const batches = data.train.batches({ epoch, seed: plan.seed, order, starts, first: 0 });
  let [losses, right] = [0, 0];
  try {
    for (const [index, from] of starts.entries()) {
      watch.signal.throwIfAborted();
      const moment = momentOf(course, { epoch, index, rows: (starts[index + 1] ?? rows) - from, plateaus });
      const learned = await learn(course, batches, moment);
      losses += learned.loss * moment.rows;
      right += learned.right;
    }
  } finally {
    batches.close();
  }
  return { train_loss: losses / rows, ...(data.task === 'classification' && { train_accuracy: right / rows }) };
};

const momentOf = (
  { plan, starts }: Course,
  { plateaus, ...at }: Pick<Moment, 'epoch' | 'index' | 'rows'> & { readonly plateaus: number },
): Moment => {
  const done = (at.epoch - 1) * starts.length + at.index;
  const when = { step: done, stepsPerEpoch: starts.length, epochs: plan.epochs, plateaus };
  return {
    ...at,
    step: done + 1,
    learningRate: learningRateAt(plan.schedule ?? { type: 'constant' }, plan.learningRate, when),
  };
};

/** Learns from one batch and tells what it showed. */
const learn = async (course: Course, batches: Batches, moment: Moment) => {
  const { plan, data, watch, stepper } = course;
  const { step, epoch, rows, learningRate } = moment;
  const { inputs, targets } = await stepper.buffers(rows);
  batches.next(inputs, targets);
  const update = stepScalars(plan.optimizer, learningRate, step);
  const { loss, predictions } = await stepper.step({ rows, step, update });
  if (!Number.isFinite(loss)) throw new TrainingDiverged({ step, epoch, loss });
  watch.metric({ name: 'train_loss', step, epoch, value: loss });
  watch.metric({ name: 'learning_rate', step, epoch, value: learningRate });
  watch.progress(progressAt(course, moment));
  const right = data.task === 'classification' ? countRight({ predictions, targets, rows, width: stepper.width }) : 0;
  return { loss, right };
};

const progressAt = ({ plan, data, starts, started }: Course, { epoch, index, step, rows }: Moment) => {
  const samples = (epoch - 1) * data.train.rows + (starts[index] ?? 0) + rows;
  return {
    epoch,
    epochs: plan.epochs,
    step,
    steps: plan.epochs * starts.length,
    samplesPerSecond: (1000 * samples) / (performance.now() - started),
  };
};
