import type { Loss } from '../graph/losses.ts';

/** Predictions `[rows, width]` beside their targets `[rows]`; the arrays may be longer. */
export interface Judged {
  readonly predictions: Float32Array;
  readonly targets: Float32Array;
  readonly rows: number;
  readonly width: number;
}

type RowLoss = (judged: Judged, row: number) => number;

const at = (values: Float32Array, index: number): number => values[index] ?? Number.NaN;

/** log Σ exp(z) − z[class], with the largest logit taken out so that nothing overflows. */
const crossEntropy: RowLoss = ({ predictions, targets, width }, row) => {
  const from = row * width;
  let largest = Number.NEGATIVE_INFINITY;
  for (let column = 0; column < width; column += 1) largest = Math.max(largest, at(predictions, from + column));
  let sum = 0;
  for (let column = 0; column < width; column += 1) sum += Math.exp(at(predictions, from + column) - largest);
  return largest + Math.log(sum) - at(predictions, from + at(targets, row));
};

const squaredError: RowLoss = ({ predictions, targets, width }, row) => {
  let sum = 0;
  for (let column = 0; column < width; column += 1)
    sum += (at(predictions, row * width + column) - at(targets, row)) ** 2;
  return sum / width;
};

const binaryCrossEntropy: RowLoss = (judged, row) => {
  if (judged.width === 2) return crossEntropy(judged, row);
  const logit = at(judged.predictions, row);
  return Math.max(logit, 0) - logit * at(judged.targets, row) + Math.log1p(Math.exp(-Math.abs(logit)));
};

const rowLosses: Readonly<Record<Loss, RowLoss>> = {
  cross_entropy: crossEntropy,
  mse: squaredError,
  binary_cross_entropy: binaryCrossEntropy,
};

/** The loss summed over the rows, as the train-step graph computes it. */
export const lossSum = (loss: Loss, judged: Judged): number => {
  let sum = 0;
  for (let row = 0; row < judged.rows; row += 1) sum += rowLosses[loss](judged, row);
  return sum;
};

/** How many rows have their largest logit at their class; of one logit, its sign decides. */
export const countRight = (judged: Judged): number => {
  let right = 0;
  for (let row = 0; row < judged.rows; row += 1) if (guess(judged, row) === at(judged.targets, row)) right += 1;
  return right;
};

/** The class with the largest share in each row of distributions `[rows, width]`. */
export const likeliest = (distributions: Float32Array, rows: number, width: number): Float32Array =>
  Float32Array.from({ length: rows }, (_, row) => largestAt(distributions, row, width));

const guess = ({ predictions, width }: Judged, row: number): number => {
  if (width === 1) return at(predictions, row) > 0 ? 1 : 0;
  return largestAt(predictions, row, width);
};

const largestAt = (values: Float32Array, row: number, width: number): number => {
  let best = 0;
  for (let column = 1; column < width; column += 1)
    if (at(values, row * width + column) > at(values, row * width + best)) best = column;
  return best;
};
