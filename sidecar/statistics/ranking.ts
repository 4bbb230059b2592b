import type { Probabilities } from './probability-scores.ts';

/** One operating point: the shares of negatives and positives with a score of at least `threshold`. */
export interface RocPoint {
  readonly threshold: number;
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/**
 * Area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half
 * (Mann and Whitney, 1947; Hanley and McNeil, 1982). `positive` holds 1 (or true) for positive rows.
 * NaN when one of the two classes is absent.
 */
export const rocAuc = (positive: ArrayLike<number | boolean>, scores: ArrayLike<number>): number => {
  let positives = 0;
  let negatives = 0;
  let wins = 0;
  for (const tie of descendingTies(positive, scores)) {
    wins += tie.negatives * (positives + tie.positives / 2);
    positives += tie.positives;
    negatives += tie.negatives;
  }
  return positives === 0 || negatives === 0 ? NaN : wins / (positives * negatives);
};

/** The ROC AUC of each class against all others; NaN for a class that is absent or alone. */
export const rocAucPerClass = (truth: ArrayLike<number>, { values, classes }: Probabilities): number[] =>
  Array.from({ length: classes }, (_, k) =>
    rocAuc(
      Array.from(truth, (t) => t === k),
      Float64Array.from({ length: truth.length }, (_, row) => values[row * classes + k] as number),
    ),
  );

/** Mean one-vs-rest ROC AUC; NaN when any class has none, as in scikit-learn 1.9. */
export const rocAucMacro = (truth: ArrayLike<number>, probabilities: Probabilities): number =>
  rocAucPerClass(truth, probabilities).reduce((sum, auc) => sum + auc, 0) / probabilities.classes;

/**
 * Average precision, Σ (Rₖ − Rₖ₋₁)·Pₖ over the distinct scores, descending. 0 when there is no positive row.
 */
export const averagePrecision = (positive: ArrayLike<number | boolean>, scores: ArrayLike<number>): number => {
  let hits = 0;
  let calls = 0;
  let sum = 0;
  for (const tie of descendingTies(positive, scores)) {
    hits += tie.positives;
    calls += tie.positives + tie.negatives;
    sum += (tie.positives * hits) / calls;
  }
  return hits === 0 ? 0 : sum / hits;
};

/** Every point of the ROC curve, from (0, 0) at threshold ∞ down to (1, 1). Rates are NaN where a class is absent. */
export const rocCurve = (positive: ArrayLike<number | boolean>, scores: ArrayLike<number>): RocPoint[] => {
  const ties = descendingTies(positive, scores);
  const positives = ties.reduce((sum, tie) => sum + tie.positives, 0);
  const negatives = ties.reduce((sum, tie) => sum + tie.negatives, 0);
  let hits = 0;
  let alarms = 0;
  return [{ score: Infinity, positives: 0, negatives: 0 }, ...ties].map((tie) => {
    hits += tie.positives;
    alarms += tie.negatives;
    return { threshold: tie.score, falsePositiveRate: alarms / negatives, truePositiveRate: hits / positives };
  });
};

const descendingTies = (positive: ArrayLike<number | boolean>, scores: ArrayLike<number>) => {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const ties: { score: number; positives: number; negatives: number }[] = [];
  for (const row of order) {
    const score = scores[row] as number;
    let tie = ties.at(-1);
    if (tie?.score !== score) ties.push((tie = { score, positives: 0, negatives: 0 }));
    if (positive[row] === true || positive[row] === 1) tie.positives++;
    else tie.negatives++;
  }
  return ties;
};
