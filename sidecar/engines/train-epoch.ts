import type { Standing } from './checkpoint.ts';
import type { Course } from './course.ts';
import type { Batches, TrainingProgress } from './engine.ts';
import { shuffledRows } from './epoch-order.ts';
import { countRight, likeliest } from './judge.ts';
import { explainDivergence } from './divergence.ts';
import { learningRateAt } from './schedule.ts';
import type { StepCall } from './stepper.ts';
import { isUpdate, scalarsOf, updatesIn } from './update.ts';

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
  const epochStarted = performance.now();
  const batches = data.train.batches({ epoch, seed: plan.seed, order, starts, first });
  let standing = from;
  try {
    while (standing.batch < starts.length) {
      watch.signal.throwIfAborted();
      standing = await learn(course, batches, standing);
      const waitShare = batches.waitedMs() / (performance.now() - epochStarted);
      watch.progress({ ...progressAt(course, standing), waitShare });
      await reach(standing);
    }
  } finally {
    batches.close();
  }
};

/** Learns from one batch and tells what it showed. */
const learn = async (course: Course, batches: Batches, standing: Standing): Promise<Standing> => {
  const { data, watch, stepper } = course;
  const moment = momentOf(course, standing);
  const { step, epoch, rows, learningRate } = moment;
  const { inputs, targets } = await stepper.buffers(rows);
  batches.next(inputs, targets);
  const call = { rows, step, update: updateAt(course, standing, learningRate) };
  const { loss, predictions } = await stepper.step(call);
  if (!Number.isFinite(loss)) throw await explainDivergence(course, call, { epoch, loss, inputs, targets });
  watch.metric({ name: 'train_loss', step, epoch, value: loss });
  watch.metric({ name: 'learning_rate', step, epoch, value: learningRate });
  const width = stepper.width;
  const classes = data.softTargets ? likeliest(targets, rows, width) : targets;
  const right = data.task === 'classification' ? countRight({ predictions, targets: classes, rows, width }) : 0;
  return {
    ...standing,
    batch: standing.batch + 1,
    step,
    losses: standing.losses + loss * rows,
    right: standing.right + right,
  };
};

/** Null while gradients are still being gathered. */
const updateAt = ({ plan, starts }: Course, { epoch, batch }: Standing, learningRate: number): StepCall['update'] => {
  if (!isUpdate(batch, starts.length, plan)) return null;
  const before = (epoch - 1) * updatesIn(starts.length, plan) + Math.floor(batch / (plan.accumulate ?? 1));
  return scalarsOf(plan, learningRate, before + 1);
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

const progressAt = (course: Course, { epoch, step }: Standing): Omit<TrainingProgress, 'waitShare'> => {
  const { plan, data, starts, started, before } = course;
  const [steps, done, passedMs] = [plan.epochs * starts.length, step - before.step, performance.now() - started];
  return {
    epoch,
    epochs: plan.epochs,
    step,
    steps,
    samplesPerSecond: (1000 * (done / starts.length) * data.train.rows) / passedMs,
    remainingMs: (passedMs / done) * (steps - step),
  };
};
