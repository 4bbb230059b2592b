import type { Run, RunSummary } from '../contract/run.ts';
import type { MetricStore } from '../store/metrics.ts';

/** Newest validation metrics that may stand for a run which is not evaluated yet, most telling first. */
const candidates = [
  { name: 'val_accuracy', better: 'higher' },
  { name: 'val_loss', better: 'lower' },
  { name: 'accuracy', better: 'higher' },
  { name: 'loss', better: 'lower' },
  { name: 'train_loss', better: 'lower' },
] as const;

/** The number that says most about a run: its first test metric when evaluated, else the newest validation metric. */
export const telling = (run: Run, metrics: Pick<MetricStore, 'last'>): RunSummary['metric'] => {
  const measures = run.nouns.report?.measures ?? [];
  const wanted = run.training.evaluation.metrics[0];
  const measure = measures.find((one) => one.name === wanted) ?? measures[0];
  if (measure !== undefined && measure.value !== null) {
    return { name: measure.name, value: measure.value, better: measure.better };
  }
  for (const { name, better } of candidates) {
    const point = metrics.last(run.id, name);
    if (point !== null) return { name, value: point.value, better };
  }
  return null;
};
