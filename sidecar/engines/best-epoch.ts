import type { BestEpoch } from './checkpoint.ts';
import type { MetricPoint, TrainingData, TrainingPlan } from './engine.ts';

/** Metrics that an epoch can be judged by. */
export const epochMetricNames = ['train_loss', 'train_accuracy', 'val_loss', 'val_accuracy'] as const;

export const noEpoch: BestEpoch = { epoch: 0, metrics: {}, worse: 0, plateaus: 0 };

/**
 * What is best after another epoch. The learning rate is cut after each `stepEpochs` epochs in a row without
 * improvement, which is ReduceLROnPlateau of torch with a patience of one less and a threshold of 0.
 */
export const judgeEpoch = (
  best: BestEpoch,
  fresh: { readonly epoch: number; readonly metrics: BestEpoch['metrics'] },
  { plan, data }: { readonly plan: TrainingPlan; readonly data: TrainingData },
): BestEpoch => {
  const { epoch, metrics } = fresh;
  const improved = best.epoch === 0 || isBetter(watchedMetric(plan, data), metrics, best.metrics);
  if (improved) return { epoch, metrics, worse: 0, plateaus: best.plateaus };
  const worse = best.worse + 1;
  const length = plan.schedule?.stepEpochs ?? 3;
  return { ...best, worse, plateaus: best.plateaus + (worse % length === 0 ? 1 : 0) };
};

/** The metric that says which epoch is best; without rows to validate on, only one that was asked for. */
const watchedMetric = (plan: TrainingPlan, { validation }: TrainingData): MetricPoint['name'] | undefined => {
  const asked = epochMetricNames.find((name) => name === plan.earlyStopping?.metric);
  if (validation.rows > 0) return asked ?? 'val_loss';
  if (plan.earlyStopping === undefined) return undefined;
  return asked === 'train_accuracy' ? asked : 'train_loss';
};

/** Without a metric to watch every epoch is better than the one before it. */
const isBetter = (
  name: MetricPoint['name'] | undefined,
  fresh: BestEpoch['metrics'],
  best: BestEpoch['metrics'],
): boolean => {
  if (name === undefined) return true;
  const [a, b] = [fresh[name] ?? Number.NaN, best[name] ?? Number.NaN];
  return name.endsWith('accuracy') ? a > b : a < b;
};
