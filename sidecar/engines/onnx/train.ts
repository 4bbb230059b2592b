import { buildEvaluation, withWeights } from '../../graph/evaluation.ts';
import type { Model } from '../../graph/model.ts';
import { sizeOf } from '../../graph/model.ts';
import { createRandom } from '../../graph/random.ts';
import { readModel } from '../../graph/read.ts';
import { writeModel } from '../../graph/write.ts';
import type { MetricPoint, Trained, TrainingData, TrainingPlan, TrainingProgress, TrainingWatch } from '../engine.ts';
import { TrainingDiverged } from '../engine.ts';
import { countRight, lossSum } from './judge.ts';
import { readRange } from './read-range.ts';
import { learningRateAt } from './schedule.ts';
import type { Feeds, Session } from './session.ts';
import { float32Tensor, openSession } from './session.ts';
import type { Stepper } from './stepper.ts';
import { createStepper } from './stepper.ts';

/** What one epoch has shown, by metric. */
type EpochMetrics = Readonly<Partial<Record<MetricPoint['name'], number>>>;

interface Best {
  readonly epoch: number;
  readonly metrics: EpochMetrics;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

interface Training {
  readonly plan: TrainingPlan;
  readonly data: TrainingData;
  readonly watch: TrainingWatch;
  readonly stepper: Stepper;
  readonly evaluation: Session;
  readonly stepsPerEpoch: number;
  readonly started: number;
}

/** Rows that are judged at once; more makes validation no faster. */
const judgedRows = 256;

/**
 * Trains a model with ONNX Runtime and returns it with the weights of its best epoch. Same plan and same data give
 * the same weights, bit for bit, on one machine.
 *
 * Throws TrainingDiverged when the loss is no longer finite, the signal's reason when it is aborted, and a GraphError
 * for a model that cannot be trained.
 */
export const train = async (plan: TrainingPlan, data: TrainingData, watch: TrainingWatch): Promise<Trained> => {
  const started = performance.now();
  watch.signal.throwIfAborted();
  if (data.train.rows === 0) throw new RangeError('There are no rows to train on.');
  const model = readModel(plan.model);
  const stepper = await createStepper(model, plan, data.train);
  try {
    const evaluation = await openSession(writeModel(buildEvaluation(model, stepper.graph)), plan.device);
    try {
      const stepsPerEpoch = batchStarts(data.train.rows, plan.batchSize).length;
      return await runEpochs(model, { plan, data, watch, stepper, evaluation, stepsPerEpoch, started });
    } finally {
      await evaluation.close();
    }
  } finally {
    await stepper.close();
  }
};

const runEpochs = async (model: Model, training: Training): Promise<Trained> => {
  const { plan, data, stepper, evaluation, stepsPerEpoch, started } = training;
  const order = Uint32Array.from({ length: data.train.rows }, (_, row) => row);
  const random = createRandom(plan.seed);
  const watched = watchedMetric(plan, data);
  const patience = plan.earlyStopping?.patience ?? Number.POSITIVE_INFINITY;
  let best: Best = { epoch: 0, metrics: {}, weights: new Map() };
  let [epoch, worse, plateaus] = [0, 0, 0];
  while (epoch < plan.epochs && worse < patience) {
    epoch += 1;
    shuffle(order, random.below);
    const metrics = await runEpoch(training, order, { epoch, plateaus });
    const improved = epoch === 1 || isBetter(watched, metrics, best.metrics);
    if (improved) best = { epoch, metrics, weights: copyWeights(stepper.weights()) };
    worse = improved ? 0 : worse + 1;
    if (worse > 0 && worse % plateauLength(plan) === 0) plateaus += 1;
  }
  return {
    model: writeModel(withWeights(model, best.weights)),
    epochsRun: epoch,
    bestEpoch: best.epoch,
    steps: epoch * stepsPerEpoch,
    mathMs: stepper.mathMs() + evaluation.mathMs(),
    totalMs: performance.now() - started,
    metrics: { ...best.metrics },
  };
};

/** Epochs without improvement after which the schedule `plateau` cuts the learning rate. */
const plateauLength = ({ schedule }: TrainingPlan): number => schedule?.stepEpochs ?? 3;

/** Fisher and Yates' shuffle in Durstenfeld's form. */
const shuffle = (order: Uint32Array, below: (bound: number) => number): void => {
  for (let last = order.length - 1; last > 0; last -= 1) {
    const chosen = below(last + 1);
    const value = order[last] ?? 0;
    order[last] = order[chosen] ?? 0;
    order[chosen] = value;
  }
};

/** The metric that says which epoch is best; without rows to validate on, only one that was asked for. */
const watchedMetric = (plan: TrainingPlan, { validation }: TrainingData): MetricPoint['name'] | undefined => {
  const asked = metricNames.find((name) => name === plan.earlyStopping?.metric);
  if (validation.rows > 0) return asked ?? 'val_loss';
  if (plan.earlyStopping === undefined) return undefined;
  return asked === 'train_accuracy' ? asked : 'train_loss';
};

const metricNames = ['train_loss', 'train_accuracy', 'val_loss', 'val_accuracy'] as const;

/** Without a metric to watch every epoch is better than the one before it. */
const isBetter = (name: MetricPoint['name'] | undefined, fresh: EpochMetrics, best: EpochMetrics): boolean => {
  if (name === undefined) return true;
  const [a, b] = [fresh[name] ?? Number.NaN, best[name] ?? Number.NaN];
  return name.endsWith('accuracy') ? a > b : a < b;
};

const copyWeights = (weights: Feeds): ReadonlyMap<string, Float32Array> =>
  new Map(Object.entries(weights).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]));

interface EpochStart {
  readonly epoch: number;
  readonly plateaus: number;
}

const runEpoch = async (training: Training, order: Uint32Array, start: EpochStart): Promise<EpochMetrics> => {
  const { watch, stepsPerEpoch } = training;
  const trained = await trainRows(training, order, start);
  const validated = await validate(training);
  const step = start.epoch * stepsPerEpoch;
  const { train_loss, ...accuracy } = trained;
  const shown: EpochMetrics = { ...accuracy, ...validated };
  for (const name of metricNames)
    if (shown[name] !== undefined) watch.metric({ name, step, epoch: start.epoch, value: shown[name] });
  return { train_loss, ...shown };
};

/** One pass over the training rows. The accuracy is that of the steps' own predictions, made before each update. */
const trainRows = async (training: Training, order: Uint32Array, start: EpochStart) => {
  const { plan, data, watch, stepper } = training;
  const { epoch } = start;
  const rows = data.train.rows;
  const classify = data.task === 'classification';
  const starts = batchStarts(rows, plan.batchSize);
  let [losses, right] = [0, 0];
  for (const [index, from] of starts.entries()) {
    watch.signal.throwIfAborted();
    const { step, learningRate } = momentOf(training, start, index);
    const batch = order.subarray(from, starts[index + 1] ?? rows);
    const { loss, predictions, targets } = await stepper.step(batch, learningRate);
    if (!Number.isFinite(loss)) throw new TrainingDiverged({ step, epoch, loss });
    losses += loss * batch.length;
    if (classify) right += countRight({ predictions, targets, rows: batch.length, width: stepper.graph.width });
    watch.metric({ name: 'train_loss', step, epoch, value: loss });
    watch.metric({ name: 'learning_rate', step, epoch, value: learningRate });
    watch.progress(progressAt(training, epoch, step, (epoch - 1) * rows + from + batch.length));
  }
  return { train_loss: losses / rows, ...(classify && { train_accuracy: right / rows }) };
};

/**
 * First rows of the batches of an epoch. Rows that are left over make a smaller last batch; a single one joins the
 * batch before it, since nothing can be normalised by a batch of one.
 */
const batchStarts = (rows: number, batchSize: number): readonly number[] => {
  const lonely = batchSize > 1 && rows > batchSize && rows % batchSize === 1;
  const batches = Math.ceil(rows / batchSize) - Number(lonely);
  return Array.from({ length: batches }, (_, index) => index * batchSize);
};

const momentOf = ({ plan, stepsPerEpoch }: Training, { epoch, plateaus }: EpochStart, index: number) => {
  const done = (epoch - 1) * stepsPerEpoch + index;
  const moment = { epoch: done / stepsPerEpoch, epochs: plan.epochs, plateaus };
  return {
    step: done + 1,
    learningRate: learningRateAt(plan.schedule ?? { type: 'constant' }, plan.learningRate, moment),
  };
};

const progressAt = (
  { plan, stepsPerEpoch, started }: Training,
  epoch: number,
  step: number,
  samples: number,
): TrainingProgress => ({
  epoch,
  epochs: plan.epochs,
  step,
  steps: plan.epochs * stepsPerEpoch,
  samplesPerSecond: (1000 * samples) / (performance.now() - started),
});

/** Loss and accuracy on the validation rows with the weights as they are; nothing where there are no such rows. */
const validate = async ({ plan, data, watch, stepper, evaluation }: Training): Promise<EpochMetrics> => {
  const source = data.validation;
  if (source.rows === 0) return {};
  const { graph } = stepper;
  const rowDims = graph.inputDims.slice(1);
  const inputs = new Float32Array(judgedRows * sizeOf(rowDims));
  const targets = new Float32Array(judgedRows);
  const weights = stepper.weights();
  let [losses, right] = [0, 0];
  for (let from = 0; from < source.rows; from += judgedRows) {
    watch.signal.throwIfAborted();
    const rows = Math.min(judgedRows, source.rows - from);
    readRange(source, { from, rows }, inputs, targets);
    const input = float32Tensor(inputs.subarray(0, rows * sizeOf(rowDims)), [rows, ...rowDims]);
    const results = await evaluation.run({ ...weights, [graph.input]: input }, [graph.predictions]);
    const predictions = results[graph.predictions]?.data as Float32Array;
    const judged = { predictions, targets, rows, width: graph.width };
    losses += lossSum(plan.loss, judged);
    if (data.task === 'classification') right += countRight(judged);
  }
  const accuracy = data.task === 'classification' ? { val_accuracy: right / source.rows } : {};
  return { val_loss: losses / source.rows, ...accuracy };
};
