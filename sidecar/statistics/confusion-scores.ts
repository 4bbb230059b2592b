import {
  accuracy,
  balancedAccuracy,
  classScores,
  cohensKappa,
  macroScores,
  matthewsCorrelation,
  weightedScores,
} from './classification.ts';
import type { Confusion } from './confusion.ts';

/** Every metric of a classifier that its confusion matrix determines, by the name that gates and reports use. Higher is better in all. */
export const confusionScores = {
  accuracy,
  balanced_accuracy: balancedAccuracy,
  precision_macro: (confusion: Confusion) => macroScores(classScores(confusion)).precision,
  recall_macro: (confusion: Confusion) => macroScores(classScores(confusion)).recall,
  f1_macro: (confusion: Confusion) => macroScores(classScores(confusion)).f1,
  precision_weighted: (confusion: Confusion) => weightedScores(classScores(confusion)).precision,
  recall_weighted: (confusion: Confusion) => weightedScores(classScores(confusion)).recall,
  f1_weighted: (confusion: Confusion) => weightedScores(classScores(confusion)).f1,
  cohen_kappa: cohensKappa,
  mcc: matthewsCorrelation,
} as const;

export type ConfusionScoreName = keyof typeof confusionScores;

export const isConfusionScore = (name: string): name is ConfusionScoreName => Object.hasOwn(confusionScores, name);
