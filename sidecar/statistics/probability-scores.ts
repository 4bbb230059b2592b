/** Probabilities of `rows` rows and `classes` classes, row after row. */
export interface Probabilities {
  readonly values: ArrayLike<number>;
  readonly classes: number;
}

/**
 * Mean negative logarithm of the probability given to the true class, in nats. Probabilities are held within [ε, 1 − ε],
 * ε = 2⁻⁵², so the worst is about 36 and never infinite; rows are not rescaled to sum to 1 (both as in scikit-learn 1.9).
 * NaN without rows.
 */
export const logLoss = (truth: ArrayLike<number>, probabilities: Probabilities): number => {
  let sum = 0;
  for (let row = 0; row < truth.length; row++) sum += rowLogLoss(truth[row] as number, probabilities, row);
  return sum / truth.length;
};

/** The log loss of each row, for intervals and paired comparisons. */
export const rowLogLosses = (truth: ArrayLike<number>, probabilities: Probabilities): Float64Array =>
  Float64Array.from({ length: truth.length }, (_, row) => rowLogLoss(truth[row] as number, probabilities, row));

/**
 * Brier score (Brier, 1950): mean over rows of Σ over classes (p − [class is true])². For two classes it is halved, so
 * that it equals the mean of (p₁ − y)², the form in common use. NaN without rows.
 */
export const brierScore = (truth: ArrayLike<number>, { values, classes }: Probabilities): number => {
  let sum = 0;
  for (let row = 0; row < truth.length; row++) {
    for (let k = 0; k < classes; k++) sum += ((values[row * classes + k] as number) - (truth[row] === k ? 1 : 0)) ** 2;
  }
  return sum / truth.length / (classes === 2 ? 2 : 1);
};

/** The probabilities of two classes from the probability of class 1. */
export const binaryProbabilities = (ofClassOne: ArrayLike<number>): Probabilities => {
  const values = new Float64Array(2 * ofClassOne.length);
  for (let row = 0; row < ofClassOne.length; row++) {
    const p = ofClassOne[row] as number;
    values[2 * row] = 1 - p;
    values[2 * row + 1] = p;
  }
  return { values, classes: 2 };
};

const rowLogLoss = (truth: number, { values, classes }: Probabilities, row: number): number =>
  -Math.log(clip(values[row * classes + truth] as number));

const clip = (p: number): number => Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p));
