import { quantile } from './quantile.ts';

/** The usual scores of a regression; all NaN without rows. */
export interface RegressionScores {
  /** Mean absolute error, in the unit of the target. */
  readonly mae: number;
  /** Mean squared error, in the squared unit of the target. */
  readonly mse: number;
  /** √mse, in the unit of the target. */
  readonly rmse: number;
  /** 1 − squared error / spread of the truth; NaN for one row, and for a constant truth 1 if perfect, else 0. */
  readonly r2: number;
  /** Mean of |error|/|truth|, a fraction; |truth| is at least 2⁻⁵², so a true 0 gives a huge value. */
  readonly mape: number;
  readonly medianAbsoluteError: number;
  readonly maxError: number;
  /** Mean of prediction − truth: positive when predictions are too high. */
  readonly bias: number;
}

/**
 * Compares predictions with the truth, with scikit-learn 1.9's answers in the undefined cases.
 * @throws RangeError when lengths differ
 */
export const regressionScores = (truth: ArrayLike<number>, predicted: ArrayLike<number>): RegressionScores => {
  if (truth.length !== predicted.length)
    throw new RangeError(`There are ${truth.length} true values but ${predicted.length} predicted ones.`);
  const errors = Float64Array.from({ length: truth.length }, (_, i) => (predicted[i] as number) - (truth[i] as number));
  const sizes = errors.map(Math.abs).sort();
  const relative = errors.map((error, i) => Math.abs(error) / Math.max(Math.abs(truth[i] as number), Number.EPSILON));
  const mse = mean(errors.map((error) => error * error));
  return {
    mae: mean(sizes),
    mse,
    rmse: Math.sqrt(mse),
    r2: determination(truth, mse),
    mape: mean(relative),
    medianAbsoluteError: quantile(sizes, 0.5),
    maxError: sizes.at(-1) ?? NaN,
    bias: mean(errors),
  };
};

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
};

const determination = (truth: ArrayLike<number>, mse: number): number => {
  if (truth.length < 2) return NaN;
  const centre = mean(truth);
  const spread = mean(Float64Array.from(truth, (value) => (value - centre) ** 2));
  if (spread === 0) return mse === 0 ? 1 : 0;
  return 1 - mse / spread;
};
