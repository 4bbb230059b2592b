import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accuracy,
  balancedAccuracy,
  classScores,
  cohensKappa,
  macroScores,
  matthewsCorrelation,
  weightedScores,
} from '../../../sidecar/statistics/classification.ts';
import { confusionScores, isConfusionScore } from '../../../sidecar/statistics/confusion-scores.ts';
import { confusionRows, countConfusion } from '../../../sidecar/statistics/confusion.ts';
import {
  binaryProbabilities,
  brierScore,
  logLoss,
  rowLogLosses,
} from '../../../sidecar/statistics/probability-scores.ts';
import {
  averagePrecision,
  rocAuc,
  rocAucMacro,
  rocAucPerClass,
  rocCurve,
} from '../../../sidecar/statistics/ranking.ts';
import { expectNear, oracle } from './oracle.ts';

type Averages = Record<'precision' | 'recall' | 'f1', number>;
type PerClass = Record<'precision' | 'recall' | 'f1' | 'support', number[]>;
interface Scores {
  log_loss: number;
  brier: number;
  roc_auc: number;
  average_precision: number;
  brier_sum_over_classes: number;
  roc_auc_ovr_macro: number;
  roc_auc_ovr_per_class: number[];
  roc_curve_all_points?: Record<'fpr' | 'tpr' | 'thresholds', number[]>;
}
interface Case {
  id: string;
  labels: number[];
  truth: number[];
  predicted: number[];
  weights?: number[];
  scores?: number[] | number[][];
  expected: {
    confusion: number[][];
    accuracy: number;
    balanced_accuracy: number;
    kappa: number;
    mcc: number;
    scores?: Scores;
    weighted_zero_division_0: Averages;
    micro_zero_division_0: Averages;
  } & Record<`per_class_zero_division_${string}`, PerClass> &
    Record<`macro_zero_division_${string}`, Averages>;
}
interface Edge {
  truth: number[];
  scores: number[] | number[][];
  log_loss: number;
}

const { cases, log_loss_edges: edges } = oracle('classification-metrics') as {
  cases: Case[];
  log_loss_edges: Edge[];
};
const isTable = (scores: number[] | number[][]): scores is number[][] => Array.isArray(scores[0]);
const scored = cases.filter(({ id, weights }) => id !== 'empty' && weights === undefined);

const sameScores = (actual: Averages, wanted: Averages, what: string) => {
  for (const name of ['precision', 'recall', 'f1'] as const)
    expectNear(actual[name], wanted[name], 1e-9, `${what} ${name}`);
};

describe.each(scored)('scikit-learn agrees on $id', ({ labels, truth, predicted, scores, expected }) => {
  const classes = labels.length;
  const confusion = countConfusion({ truth, predicted, classes });

  test('in the labels', () => {
    expect(confusionRows(confusion)).toEqual(expected.confusion);
    expectNear(accuracy(confusion), expected.accuracy);
    expectNear(balancedAccuracy(confusion), expected.balanced_accuracy);
    expectNear(cohensKappa(confusion), expected.kappa);
    expectNear(matthewsCorrelation(confusion), expected.mcc);
    for (const [name, zero] of Object.entries({ '0': 0, '1': 1, nan: NaN })) {
      const perClass = classScores(confusion, zero);
      const theirs = expected[`per_class_zero_division_${name}`]!;
      perClass.forEach((score, k) =>
        sameScores(
          score,
          { precision: theirs.precision[k]!, recall: theirs.recall[k]!, f1: theirs.f1[k]! },
          `${name} ${k}`,
        ),
      );
      expect(perClass.map(({ support }) => support)).toEqual(theirs.support);
      sameScores(macroScores(perClass), expected[`macro_zero_division_${name}`]!, `macro ${name}`);
    }
    sameScores(weightedScores(classScores(confusion)), expected.weighted_zero_division_0, 'weighted');
    expectNear(accuracy(confusion), expected.micro_zero_division_0.f1);
    for (const average of ['macro', 'weighted'] as const) {
      for (const name of ['precision', 'recall', 'f1'] as const)
        expectNear(confusionScores[`${name}_${average}`](confusion), expected[`${average}_zero_division_0`]![name]);
    }
  });

  const wanted = expected.scores;
  if (wanted === undefined || scores === undefined) return;

  test('in the scores', () => {
    if (isTable(scores)) {
      const probabilities = { values: scores.flat(), classes };
      expectNear(logLoss(truth, probabilities), wanted.log_loss);
      expectNear(brierScore(truth, probabilities), wanted.brier_sum_over_classes);
      expectNear(rocAucMacro(truth, probabilities), wanted.roc_auc_ovr_macro);
      rocAucPerClass(truth, probabilities).forEach((auc, k) => expectNear(auc, wanted.roc_auc_ovr_per_class[k]!));
      return;
    }
    expectNear(rocAuc(truth, scores), wanted.roc_auc);
    expectNear(averagePrecision(truth, scores), wanted.average_precision);
    expectNear(brierScore(truth, binaryProbabilities(scores)), wanted.brier);
    expectNear(logLoss(truth, binaryProbabilities(scores)), wanted.log_loss);
    const points = wanted.roc_curve_all_points;
    if (points === undefined) return;
    const curve = rocCurve(truth, scores);
    curve.forEach((point, i) => {
      expectNear(point.threshold, points.thresholds[i]!);
      expectNear(point.falsePositiveRate, points.fpr[i]!);
      expectNear(point.truePositiveRate, points.tpr[i]!);
    });
    expect(curve).toHaveLength(points.fpr.length);
  });
});

test('weights count rows as scikit-learn counts them', () => {
  const { truth, predicted, weights, expected } = cases.find(({ id }) => id === 'binary-sample-weight')!;
  const confusion = countConfusion({ truth, predicted, classes: 2, weights: weights! });
  expectNear(accuracy(confusion), expected.accuracy);
  expectNear(matthewsCorrelation(confusion), expected.mcc);
  confusionRows(confusion).forEach((row, t) =>
    row.forEach((count, p) => expectNear(count, expected.confusion[t]![p]!)),
  );
});

test('only names of the table are scores', () => {
  expect(isConfusionScore('f1_macro')).toBe(true);
  expect(isConfusionScore('toString')).toBe(false);
});

test('without rows every score says that it does not know', () => {
  const confusion = countConfusion({ truth: [], predicted: [], classes: 2 });
  for (const score of [accuracy, balancedAccuracy, cohensKappa, matthewsCorrelation])
    expect(score(confusion)).toBeNaN();
  expect(logLoss([], { values: [], classes: 2 })).toBeNaN();
  expect(rocAuc([], [])).toBeNaN();
});

test('a class index that does not exist is refused', () => {
  expect(() => countConfusion({ truth: [0, 2], predicted: [0, 1], classes: 2 })).toThrow('2 is no class index');
  expect(() => countConfusion({ truth: [0], predicted: [0, 1], classes: 2 })).toThrow('1 true classes but 2 predicted');
});

test.each(edges)(
  'log loss stays finite at certain and unnormalised probabilities: $scores',
  ({ truth, scores, log_loss: wanted }) => {
    const probabilities = isTable(scores) ? { values: scores.flat(), classes: 3 } : binaryProbabilities(scores);
    expectNear(logLoss(truth, probabilities), wanted);
    const losses = rowLogLosses(truth, probabilities);
    expectNear(losses.reduce((sum, loss) => sum + loss, 0) / truth.length, wanted);
  },
);

test('renaming the classes changes no averaged score', () => {
  const rows = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(rows, (pairs) => {
      const count = (rename: (k: number) => number) =>
        countConfusion({
          truth: pairs.map(([t]) => rename(t)),
          predicted: pairs.map(([, p]) => rename(p)),
          classes: 4,
        });
      const [one, other] = [count((k) => k), count((k) => (k + 1) % 4)];
      for (const score of [accuracy, balancedAccuracy, cohensKappa, matthewsCorrelation])
        expectNear(score(one), score(other));
      sameScores(macroScores(classScores(one)), macroScores(classScores(other)), 'macro');
    }),
  );
});

test('a monotone change of the scores leaves the ROC AUC alone, and turning them round mirrors it', () => {
  const rows = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -50, max: 50 })), { minLength: 2, maxLength: 80 });
  fc.assert(
    fc.property(rows, (pairs) => {
      const positive = pairs.map(([label]) => label);
      const scores = pairs.map(([, score]) => score);
      const auc = rocAuc(positive, scores);
      expect(
        rocAuc(
          positive,
          scores.map((score) => score ** 3 + 7),
        ),
      ).toBe(auc);
      expectNear(
        rocAuc(
          positive,
          scores.map((score) => -score),
        ),
        1 - auc,
      );
    }),
  );
});
