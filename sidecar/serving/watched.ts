import type { Features } from '../contract/features.ts';
import type { Codec } from './codec.ts';
import type { Outcome } from './outcomes.ts';

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
    return features.columns.map(({ kind, column }) => input(column, kind === 'number' ? 'number' : 'category'));
  }
  const numbers = features.inputShape.reduce((product, size) => product * size, 1);
  return Array.from({ length: Math.min(numbers, MOST_UNNAMED) }, (_, at) => input(`input ${at}`, 'number'));
};

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
  row: Float32Array,
  features: Features,
  codec: Pick<Codec, 'imageStatistics'>,
): readonly WatchedValue[] => {
  if (isPicture(features)) {
    const figures = codec.imageStatistics(row, features.inputShape);
    return pictureFeatures.map((feature) => figures[feature]);
  }
  if (features.columns.length === 0) return Array.from(row.subarray(0, MOST_UNNAMED));
  let at = 0;
  return features.columns.map((transform) => {
    if (transform.kind === 'number') return row[at++] ?? null;
    const cells = row.subarray(at, at + transform.categories.length);
    at += transform.categories.length;
    return transform.categories[cells.indexOf(1)] ?? UNKNOWN;
  });
};

/** The values of `watchedPredictions` in one answer, in their order. */
export const predictionValues = ({ predicted, confidence }: Outcome, features: Features): readonly WatchedValue[] =>
  features.task === 'regression' ? [predicted] : [predictedName(predicted, features), confidence];

/** The class name, or the number as text: how predictions and labels are compared. */
export const predictedName = (predicted: number, { classes }: Features): string =>
  classes.length === 0 ? String(predicted) : (classes[predicted] ?? UNKNOWN);
