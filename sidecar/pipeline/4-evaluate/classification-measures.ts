import type { Measure, Report } from '../../contract/report.ts';
import { bootstrapMean, type Estimate } from '../../statistics/bootstrap.ts';
import { bootstrapConfusion } from '../../statistics/bootstrap-confusion.ts';
import { expectedCalibrationError, reliabilityBins } from '../../statistics/calibration.ts';
import { classScores } from '../../statistics/classification.ts';
import { confusionRows, countConfusion } from '../../statistics/confusion.ts';
import { confusionScores } from '../../statistics/confusion-scores.ts';
import { rowLogLosses } from '../../statistics/probability-scores.ts';
import { wilsonInterval } from '../../statistics/proportion.ts';
import { rocAucMacro, rocAuc } from '../../statistics/ranking.ts';

export interface Scored {
  /** Class index of each row. */
  readonly truth: Float32Array;
  /** Rows × classes, row by row. */
  readonly probabilities: Float32Array;
  readonly classes: readonly string[];
}

export interface ClassifierMeasures extends Pick<Report, 'measures' | 'classes' | 'confusion' | 'calibration'> {
  readonly predicted: Uint32Array;
  readonly confidence: Float32Array;
}

/** Bootstrap seed: the same predictions give the same intervals. */
const SEED = 20_260;

/** Everything that is said of a classifier on held-out rows, each number with its 95 % interval. */
export const measureClassifier = ({ truth, probabilities, classes }: Scored): ClassifierMeasures => {
  const { predicted, confidence } = decide(probabilities, classes.length);
  const right = Uint8Array.from(truth, (label, row) => (predicted[row] === label ? 1 : 0));
  const estimates = bootstrapConfusion({
    truth,
    predicted,
    classes: classes.length,
    scores: confusionScores,
    seed: SEED,
  });
  const losses = rowLogLosses(truth, { values: probabilities, classes: classes.length });
  const bins = reliabilityBins(confidence, right);
  const confusion = countConfusion({ truth, predicted, classes: classes.length });
  return {
    predicted,
    confidence,
    measures: [
      ...Object.entries(estimates).map(([name, estimate]) => toMeasure(name, estimate, truth.length, 'higher')),
      toMeasure('log_loss', bootstrapMean(losses, { seed: SEED }), truth.length, 'lower'),
      bare('roc_auc', auc(truth, probabilities, classes.length), truth.length, 'higher'),
      bare('ece', expectedCalibrationError(bins), truth.length, 'lower'),
    ],
    classes: classScores(confusion, Number.NaN).map((score, index) => {
      const hits = confusion.counts[index * classes.length + index] ?? 0;
      const recall = wilsonInterval(hits, score.support);
      return {
        class: classes[index] ?? String(index),
        support: score.support,
        precision: known(score.precision),
        recall: known(score.recall),
        f1: known(score.f1),
        recallLow: known(recall.low),
        recallHigh: known(recall.high),
      };
    }),
    confusion: { labels: [...classes], counts: confusionRows(confusion) },
    calibration: bins.map((bin) => ({ ...bin, confidence: known(bin.confidence), accuracy: known(bin.accuracy) })),
  };
};

/** The most probable class of each row (the first one of equals) and its probability. */
const decide = (probabilities: Float32Array, classes: number) => {
  const rows = probabilities.length / classes;
  const predicted = new Uint32Array(rows);
  const confidence = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const cells = probabilities.subarray(row * classes, (row + 1) * classes);
    const most = cells.reduce((best, value, index) => (value > (cells[best] ?? -1) ? index : best), 0);
    predicted[row] = most;
    confidence[row] = cells[most] ?? Number.NaN;
  }
  return { predicted, confidence };
};

const auc = (truth: Float32Array, values: Float32Array, classes: number): number =>
  classes === 2
    ? rocAuc(
        Array.from(truth, (label) => label === 1),
        values.filter((_, index) => index % 2 === 1),
      )
    : rocAucMacro(truth, { values, classes });

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

export const toMeasure = (name: string, estimate: Estimate, rows: number, better: Measure['better']): Measure => ({
  name,
  value: known(estimate.value),
  low: known(estimate.low),
  high: known(estimate.high),
  rows,
  better,
});

/** A metric whose interval is not computed. */
export const bare = (name: string, value: number, rows: number, better: Measure['better']): Measure => ({
  name,
  value: known(value),
  low: null,
  high: null,
  rows,
  better,
});
