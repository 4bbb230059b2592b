import { confusionMargins } from './confusion.ts';
import type { Confusion } from './confusion.ts';

export interface ClassScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows that truly are of this class. */
  readonly support: number;
}

/** Share of rows on the diagonal; NaN without rows. */
export const accuracy = (confusion: Confusion): number => {
  const { right, total } = confusionMargins(confusion);
  return right / total;
};

/** Mean recall of the classes that occur in the truth; NaN without rows. */
export const balancedAccuracy = (confusion: Confusion): number => {
  const present = classScores(confusion).filter(({ support }) => support > 0);
  return present.reduce((sum, { recall }) => sum + recall, 0) / present.length;
};

/**
 * Precision TP/(TP + FP), recall TP/(TP + FN) and F1 = 2TP/(2TP + FP + FN) of every class.
 * `zeroDivision` (0, 1 or NaN) stands where a denominator is 0. As in scikit-learn 1.9, F1 has none only where all three counts are 0.
 */
export const classScores = (confusion: Confusion, zeroDivision = 0): ClassScore[] => {
  const { truth, predicted } = confusionMargins(confusion);
  return Array.from(truth, (support, k) => {
    const hits = confusion.counts[k * confusion.classes + k] as number;
    const calls = predicted[k] as number;
    return {
      precision: divide(hits, calls, zeroDivision),
      recall: divide(hits, support, zeroDivision),
      f1: divide(2 * hits, calls + support, zeroDivision),
      support,
    };
  });
};

/** The plain mean over all classes of the matrix; classes without a value (NaN) are left out. */
export const macroScores = (scores: readonly ClassScore[]): Omit<ClassScore, 'support'> =>
  averageScores(scores, () => 1);

/** The mean over classes, each weighed by its support. */
export const weightedScores = (scores: readonly ClassScore[]): Omit<ClassScore, 'support'> =>
  averageScores(scores, ({ support }) => support);

/**
 * Cohen's kappa, (observed − expected)/(1 − expected) agreement (Cohen, 1960).
 * NaN without rows and where truth and prediction are one and the same single class.
 */
export const cohensKappa = (confusion: Confusion): number => {
  const { truth, predicted, right, total } = confusionMargins(confusion);
  const expected = dot(truth, predicted) / (total * total);
  return (right / total - expected) / (1 - expected);
};

/**
 * Matthews' correlation coefficient for any number of classes (Gorodkin, 2004, R_K).
 * 0 where either margin has one class only; NaN without rows.
 */
export const matthewsCorrelation = (confusion: Confusion): number => {
  const { truth, predicted, right, total } = confusionMargins(confusion);
  if (total === 0) return NaN;
  const covariance = right * total - dot(truth, predicted);
  const spread = (total * total - dot(predicted, predicted)) * (total * total - dot(truth, truth));
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
};

const divide = (numerator: number, denominator: number, otherwise: number): number =>
  denominator === 0 ? otherwise : numerator / denominator;

const averageScores = (scores: readonly ClassScore[], weight: (score: ClassScore) => number) => {
  const mean = (pick: (score: ClassScore) => number) => {
    const known = scores.filter((score) => !Number.isNaN(pick(score)));
    const sum = known.reduce((total, score) => total + weight(score) * pick(score), 0);
    return sum / known.reduce((total, score) => total + weight(score), 0);
  };
  return {
    precision: mean((score) => score.precision),
    recall: mean((score) => score.recall),
    f1: mean((score) => score.f1),
  };
};

const dot = (first: Float64Array, second: Float64Array): number =>
  first.reduce((sum, value, i) => sum + value * (second[i] as number), 0);
