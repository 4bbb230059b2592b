import { stepScalars } from '../graph/optimizers.ts';
import type { Standing } from './checkpoint.ts';
import type { Course } from './course.ts';
import type { Batches } from './engine.ts';
import { TrainingDiverged } from './engine.ts';
import { shuffledRows } from './epoch-order.ts';
import { countRight } from './judge.ts';
import { learningRateAt } from './schedule.ts';

/** Where one batch stands in the training. */
interface Moment {
  readonly epoch: number;
  /** Counts the batches of the training from 1. */
  readonly step: number;
  readonly rows: number;
  readonly learningRate: number;
}

/**
 * One pass over the training rows, or the rest of one. The accuracy is that of the steps' own predictions, made before
 * each update.
 * @param reach is told where training stands after each batch
 */
export const trainEpoch = async (
  course: Course,
  from: Standing,
  reach: (standing: Standing) => Promise<void>,
): Promise<void> => {
  const { plan, data, starts, watch } = course;
  const { epoch, batch: first } = from;
  const order = shuffledRows(data.train.rows, plan.seed, epoch);
  const batches = data.train.batches({ epoch, seed: plan.seed, order, starts, first });
  let standing = from;
  try {
    while (standing.batch < starts.length) {
      watch.signal.throwIfAborted();
      standing = await learn(course, batches, standing);
      await reach(standing);
    }
  } finally {
    batches.close();
  }
};

/** Learns from one batch and tells what it showed. */
const learn = async (course: Course, batches: Batches, standing: Standing): Promise<Standing> => {
  const { plan, data, watch, stepper } = course;
  const moment = momentOf(course, standing);
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
  return {
    ...standing,
    batch: standing.batch + 1,
    step,
    losses: standing.losses + loss * rows,
    right: standing.right + right,
  };
};

const momentOf = ({ plan, data, starts }: Course, standing: Standing): Moment => {
  const { epoch, batch, step: done, best } = standing;
  const when = { step: done, stepsPerEpoch: starts.length, epochs: plan.epochs, plateaus: best.plateaus };
  return {
    epoch,
    step: done + 1,
    rows: (starts[batch + 1] ?? data.train.rows) - (starts[batch] ?? 0),
    learningRate: learningRateAt(plan.schedule ?? { type: 'constant' }, plan.learningRate, when),
  };
};

const progressAt = (course: Course, { epoch, step }: Moment) => {
  const { plan, data, starts, started, before } = course;
  const samples = ((step - before.step) / starts.length) * data.train.rows;
  return {
    epoch,
    epochs: plan.epochs,
    step,
    steps: plan.epochs * starts.length,
    samplesPerSecond: (1000 * samples) / (performance.now() - started),
  };
};
