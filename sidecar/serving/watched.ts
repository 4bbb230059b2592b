import type { Features } from '../contract/features.ts';
import { rawColumnsOf, watchedCell } from '../datasets/raw-columns.ts';
import type { Codec } from './codec.ts';
import type { Outcome } from './outcomes.ts';
import type { RowValues } from './row-values.ts';

/** One thing that is watched of live traffic. */
export interface Watched {
  readonly feature: string;
  readonly kind: 'input' | 'prediction';
  readonly type: 'number' | 'category';
}

/** A number or a category; null where there is none. */
export type WatchedValue = number | string | null;

const pictureFeatures = ['brightness', 'contrast', 'sharpness'] as const;
/** A row without named columns is watched number by number, up to so many. */
const MOST_UNNAMED = 100;
const UNKNOWN = '(unknown)';

const isPicture = ({ inputShape }: Features): boolean => inputShape.length === 3;

/** What is watched of the inputs of a model: three figures of a picture, or each column of a table. */
export const watchedInputs = (features: Features): readonly Watched[] => {
  const input = (feature: string, type: Watched['type']): Watched => ({ feature, kind: 'input', type });
  if (isPicture(features)) return pictureFeatures.map((feature) => input(feature, 'number'));
  if (features.columns.length > 0) {
    return watchedColumns(features).map(({ raw }) => input(raw.column, raw.type === 'text' ? 'category' : 'number'));
  }
  const numbers = features.inputShape.reduce((product, size) => product * size, 1);
  return Array.from({ length: Math.min(numbers, MOST_UNNAMED) }, (_, at) => input(`input ${at}`, 'number'));
};

/** The raw columns of a table that are watched, with their places in a row. Dates are not: they move on by themselves. */
const watchedColumns = ({ columns }: Features) =>
  rawColumnsOf(columns).flatMap((raw, at) => (raw.type === 'date' ? [] : [{ raw, at }]));

/** What is watched of the answers: the class and how sure the model is of it, or the number. */
export const watchedPredictions = ({ task }: Features): readonly Watched[] =>
  task === 'regression'
    ? [{ feature: 'prediction', kind: 'prediction', type: 'number' }]
    : [
        { feature: 'predicted class', kind: 'prediction', type: 'category' },
        { feature: 'confidence', kind: 'prediction', type: 'number' },
      ];

/**
 * The values of `watchedInputs` in one row, in their order.
 * @param row one row as the model takes it
 */
export const inputValues = (
  row: RowValues,
  features: Features,
  codec: Pick<Codec, 'imageStatistics'>,
): readonly WatchedValue[] => {
  if (features.columns.length > 0) {
    return watchedColumns(features).map(({ raw, at }) => watchedValue(row[at] ?? null, raw.type));
  }
  const numbers = Float32Array.from(row, Number);
  if (!isPicture(features)) return Array.from(numbers.subarray(0, MOST_UNNAMED));
  const figures = codec.imageStatistics(numbers, features.inputShape);
  return pictureFeatures.map((feature) => figures[feature]);
};

/** A missing text is empty, a missing number NaN. */
const watchedValue = (cell: number | string | null, type: 'number' | 'text' | 'date'): WatchedValue => {
  if (type === 'text') return cell === '' || cell === null ? null : watchedCell(cell);
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : null;
};

/** The values of `watchedPredictions` in one answer, in their order. */
export const predictionValues = ({ predicted, confidence }: Outcome, features: Features): readonly WatchedValue[] =>
  features.task === 'regression' ? [predicted] : [predictedName(predicted, features), confidence];

/** The class name, or the number as text: how predictions and labels are compared. */
export const predictedName = (predicted: number, { classes }: Features): string =>
  classes.length === 0 ? String(predicted) : (classes[predicted] ?? UNKNOWN);
