import { withWeights } from '../graph/evaluation.ts';
import { readModel } from '../graph/read.ts';
import { writeModel } from '../graph/write.ts';
import { epochMetricNames, judgeEpoch, noEpoch, type BestEpoch, type EpochMetrics } from './best-epoch.ts';
import type { Course } from './course.ts';
import type { Engine, Trained } from './engine.ts';
import { batchStarts } from './epoch-order.ts';
import type { NamedTensors, OpenStepper } from './stepper.ts';
import { trainEpoch } from './train-epoch.ts';
import { validate } from './validate.ts';

/**
 * The training loop of every engine: epochs, order of rows, learning rate, metrics, validation, early stopping and the
 * weights of the best epoch. Same plan and same data give the same weights, bit for bit, on one machine.
 *
 * The training throws TrainingDiverged when the loss is no longer finite, the signal's reason when it is aborted, and
 * what `open` throws.
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
      const { weights, ...trained } = await runEpochs({ plan, data, watch, stepper, starts, started });
      return { ...trained, model: writeModel(withWeights(model, weights)) };
    } finally {
      await stepper.close();
    }
  };

type Outcome = Omit<Trained, 'model'> & { readonly weights: NamedTensors };

const runEpochs = async (course: Course): Promise<Outcome> => {
  const { plan, stepper, starts, started } = course;
  const patience = plan.earlyStopping?.patience ?? Number.POSITIVE_INFINITY;
  let best: BestEpoch = noEpoch;
  let weights: NamedTensors = new Map();
  let epoch = 0;
  while (epoch < plan.epochs && best.worse < patience) {
    epoch += 1;
    const metrics = await runEpoch(course, epoch, best.plateaus);
    best = judgeEpoch(best, { epoch, metrics }, course);
    if (best.epoch === epoch) weights = await stepper.weights();
  }
  return {
    weights,
    epochsRun: epoch,
    bestEpoch: best.epoch,
    steps: epoch * starts.length,
    mathMs: stepper.mathMs(),
    totalMs: performance.now() - started,
    metrics: { ...best.metrics },
  };
};

/** Trains and validates once, and tells what the epoch has shown. */
const runEpoch = async (course: Course, epoch: number, plateaus: number): Promise<EpochMetrics> => {
  const { watch, starts } = course;
  const { train_loss, ...accuracy } = await trainEpoch(course, epoch, plateaus);
  const shown: EpochMetrics = { ...accuracy, ...(await validate({ ...course, signal: watch.signal })) };
  for (const name of epochMetricNames) {
    const value = shown[name];
    if (value !== undefined) watch.metric({ name, step: epoch * starts.length, epoch, value });
  }
  return { train_loss, ...shown };
};
