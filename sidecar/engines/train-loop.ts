import { withWeights } from '../graph/evaluation.ts';
import { readModel } from '../graph/read.ts';
import { writeModel } from '../graph/write.ts';
import { epochMetricNames, judgeEpoch, noEpoch } from './best-epoch.ts';
import type { Checkpoint, NamedTensors, Standing } from './checkpoint.ts';
import type { Course } from './course.ts';
import type { Engine, Trained, TrainingPlan } from './engine.ts';
import { refuseBadWeights } from './divergence.ts';
import { batchStarts } from './epoch-order.ts';
import type { OpenStepper } from './stepper.ts';
import { trainEpoch } from './train-epoch.ts';
import { validate } from './validate.ts';

/**
 * The training loop of every engine: epochs, order of rows, learning rate, metrics, validation, early stopping and the
 * weights of the best epoch. Same plan and same data give the same weights, bit for bit, on one machine, also where
 * training was interrupted and went on from a checkpoint.
 *
 * The training throws TrainingDiverged when the loss is no longer finite, the signal's reason when it is aborted, and
 * what `open` throws. An aborted training leaves a checkpoint.
 */
export const createTraining =
  (open: OpenStepper): Engine['train'] =>
  async (plan, data, watch) => {
    const started = performance.now();
    watch.signal.throwIfAborted();
    if (data.train.rows === 0) throw new RangeError('There are no rows to train on.');
    const model = readModel(plan.model);
    const stepper = await open(model, plan, data);
    try {
      const starts = batchStarts(data.train.rows, plan.batchSize);
      const before = watch.checkpoints?.last;
      if (before !== undefined) await stepper.restore(before.state);
      const course: Course = { plan, data, watch, stepper, starts, started, before: before?.standing ?? beginning };
      const { standing, best } = await runEpochs(course, before?.best ?? new Map());
      return { ...trainedAs(standing), model: writeModel(withWeights(model, best)) };
    } finally {
      await stepper.close();
    }
  };

const beginning: Standing = { epoch: 1, batch: 0, step: 0, losses: 0, right: 0, best: noEpoch, mathMs: 0, totalMs: 0 };

/** @returns where training stood at its end: at the beginning of an epoch that is not wanted any more. */
const runEpochs = async (course: Course, bestSoFar: NamedTensors): Promise<Omit<Checkpoint, 'state'>> => {
  const { plan, watch, stepper } = course;
  let [standing, best] = [course.before, bestSoFar];
  const keep = async () =>
    watch.checkpoints?.keep({ standing: timed(course, standing), state: await stepper.state(), best });
  const reach = async (reached: Standing) => {
    standing = reached;
    if (watch.checkpoints?.isDue() === true) await keep();
  };
  try {
    while (goesOn(plan, standing)) {
      const { epoch } = standing;
      await trainEpoch(course, standing, reach);
      const judged = judgeEpoch(standing.best, { epoch, metrics: await showEpoch(course, standing) }, course);
      if (judged.epoch === epoch) best = await soundWeights(course, standing);
      standing = { ...beginning, epoch: epoch + 1, step: standing.step, best: judged };
      if (watch.checkpoints?.isDue(epoch) === true) await keep();
    }
  } catch (error) {
    // Between two batches everything fits together; after any other error it may not.
    if (watch.signal.aborted && error === watch.signal.reason) await keep();
    throw error;
  }
  return { standing: timed(course, standing), best };
};

/** @throws TrainingDiverged where some of the weights are not finite numbers */
const soundWeights = async ({ stepper }: Course, { step, epoch }: Standing): Promise<NamedTensors> => {
  const weights = await stepper.weights();
  refuseBadWeights(weights, { step, epoch });
  return weights;
};

const goesOn = ({ epochs, earlyStopping }: TrainingPlan, { epoch, best }: Standing): boolean =>
  epoch <= epochs && (earlyStopping === undefined || best.worse < earlyStopping.patience);

/** Validates, and tells and returns what the epoch has shown. */
const showEpoch = async (course: Course, { epoch, step, losses, right }: Standing) => {
  const { data, watch } = course;
  const { rows } = data.train;
  const shown: Readonly<Record<string, number>> = {
    ...(data.task === 'classification' && { train_accuracy: right / rows }),
    ...(await validate({ ...course, signal: watch.signal, at: { step, epoch } })),
  };
  for (const name of epochMetricNames) {
    const value = shown[name];
    if (value !== undefined) watch.metric({ name, step, epoch, value });
  }
  return { train_loss: losses / rows, ...shown };
};

const timed = ({ before, started, stepper }: Course, standing: Standing): Standing => ({
  ...standing,
  mathMs: before.mathMs + stepper.mathMs(),
  totalMs: before.totalMs + performance.now() - started,
});

const trainedAs = ({ epoch, step, best, mathMs, totalMs }: Standing): Omit<Trained, 'model'> => ({
  epochsRun: epoch - 1,
  bestEpoch: best.epoch,
  steps: step,
  mathMs,
  totalMs,
  metrics: best.metrics,
});
