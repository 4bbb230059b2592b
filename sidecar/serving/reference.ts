import type { Features } from '../contract/features.ts';
import type { Prediction } from '../contract/report.ts';
import { categoryCell, profileCategories, type CategoryProfile } from '../statistics/category-profile.ts';
import { calibrateThreshold, referenceChunkScores } from '../statistics/drift-threshold.ts';
import { numericCell, profileNumeric, type NumericProfile } from '../statistics/numeric-profile.ts';
import { createRandom, shuffle } from '../statistics/random.ts';
import type { Codec } from './codec.ts';
import type { RowValues } from './row-values.ts';
import {
  inputValues,
  predictionValues,
  watchedInputs,
  watchedPredictions,
  type Watched,
  type WatchedValue,
} from './watched.ts';

/** How one watched feature looked when the model was deployed. */
export interface ReferenceFeature extends Watched {
  readonly profile: NumericProfile | CategoryProfile;
  /** PSI that windows of `windowRows` rows hardly ever pass while nothing has changed. */
  readonly threshold: number;
}

/** What live traffic of a deployed version is compared with, for as long as it is deployed. Plain JSON, kept as an object. */
export interface Reference {
  readonly format: 1;
  readonly windowRows: number;
  readonly features: readonly ReferenceFeature[];
  /** Accuracy on held-out rows, null for regression. */
  readonly accuracy: number | null;
}

/** Rows that can be read by position: one part of the feature store. */
export interface ReadableRows {
  readonly rows: number;
  /** Fills `inputs` row-major, and `targets`, with the rows of `indices`. */
  readonly read: (indices: Uint32Array, inputs: Float32Array, targets: Float32Array) => void;
}

export interface ReferenceMaterial {
  readonly features: Features;
  /** Rows that the model learned from: what its inputs are expected to look like. */
  readonly inputs: ReadableRows;
  /** The same of a table, some of them, before they were encoded; null for pictures. */
  readonly sample: readonly RowValues[] | null;
  /** Answers on rows that it had not seen: on rows it learned from it is surer than it will ever be again. */
  readonly predictions: readonly Prediction[];
  readonly windowRows: number;
  readonly codec: Pick<Codec, 'imageStatistics'>;
  /** Called between pieces of work; throws to stop. @param fraction 0 … 1 */
  readonly onProgress?: (fraction: number) => void;
}

/** More rows sharpen a profile of a hundred bins no further. */
const MOST_ROWS = 20_000;
const ROWS_AT_ONCE = 256;

/** Measures what every watched feature looks like before any traffic. */
export const buildReference = (material: ReferenceMaterial): Reference => {
  const { features, windowRows } = material;
  const inputs = watchedInputs(features);
  const predictions = watchedPredictions(features);
  const inputColumns = readInputs(material, inputs.length);
  const predictionColumns = predictions.map((_, at) =>
    material.predictions.map(
      (prediction) => predictionValues({ ...prediction, probabilities: [] }, features)[at] ?? null,
    ),
  );
  const right = material.predictions.filter(({ truth, predicted }) => truth === predicted).length;
  return {
    format: 1,
    windowRows,
    features: [
      ...inputs.map((watched, at) => profileFeature(watched, inputColumns[at] ?? [], windowRows)),
      ...predictions.map((watched, at) => profileFeature(watched, predictionColumns[at] ?? [], windowRows)),
    ],
    accuracy:
      features.task === 'regression' || material.predictions.length === 0 ? null : right / material.predictions.length,
  };
};

/** @returns one list of values a watched input */
const readInputs = (material: ReferenceMaterial, count: number): WatchedValue[][] => {
  const { features, inputs, sample, codec, onProgress } = material;
  const columns = Array.from({ length: count }, (): WatchedValue[] => []);
  const see = (row: RowValues): void => {
    for (const [at, value] of inputValues(row, features, codec).entries()) columns[at]?.push(value);
  };
  if (sample !== null) {
    for (const [at, row] of sample.entries()) {
      if (at % ROWS_AT_ONCE === 0) onProgress?.(at / sample.length);
      see(row);
    }
    return columns;
  }
  const rowLength = features.inputShape.reduce((product, size) => product * size, 1);
  const chosen = sampleRows(inputs.rows);
  for (let from = 0; from < chosen.length; from += ROWS_AT_ONCE) {
    const indices = chosen.subarray(from, from + ROWS_AT_ONCE);
    const numbers = new Float32Array(indices.length * rowLength);
    inputs.read(indices, numbers, new Float32Array(indices.length));
    for (let row = 0; row < indices.length; row++) see(numbers.subarray(row * rowLength, (row + 1) * rowLength));
    onProgress?.(from / chosen.length);
  }
  return columns;
};

/** The same rows every time; in order, so that they are read from front to back. */
const sampleRows = (rows: number): Uint32Array => {
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  if (rows <= MOST_ROWS) return all;
  shuffle(all, createRandom(0));
  return all.slice(0, MOST_ROWS).sort();
};

const profileFeature = (watched: Watched, values: readonly WatchedValue[], windowRows: number): ReferenceFeature => {
  if (watched.type === 'category') {
    const names = values.map((value) => (value === null ? null : String(value)));
    const profile = profileCategories(names);
    const cells = names.map((name) => categoryCell(profile, name));
    return { ...watched, profile, threshold: limitOf(cells, windowRows) };
  }
  const numbers = values.map((value) => (typeof value === 'number' ? value : Number.NaN));
  const profile = profileNumeric(numbers);
  const cells = numbers.map((number) => numericCell(profile, number));
  return { ...watched, profile, threshold: limitOf(cells, windowRows) };
};

const limitOf = (cells: readonly number[], chunkRows: number): number =>
  calibrateThreshold(cells.length < 2 ? [] : referenceChunkScores({ cells, chunkRows }));
