import type { Interval } from './proportion.ts';
import { quantile, sortFinite } from './quantile.ts';
import { createRandom } from './random.ts';

/** How often to resample, from which seed, and how sure the interval is to be. */
export interface Resampling {
  readonly resamples?: number;
  readonly seed?: number;
  readonly level?: number;
}

/** A value with its interval. */
export interface Estimate extends Interval {
  readonly value: number;
}

/** Fills `rows` with the rows of one resample: indices drawn with replacement. */
export type Draw = (rows: Uint32Array) => void;

/**
 * The bootstrap (Efron, 1979): the statistic on as many resamples as asked, one number each.
 * `draw` is called once a resample, so two models measured inside one `statistic` share their rows.
 */
export const resample = ({
  rows,
  resamples,
  draw,
  statistic,
}: {
  readonly rows: number;
  readonly resamples: number;
  readonly draw: Draw;
  readonly statistic: (rows: Uint32Array) => number;
}): Float64Array => {
  const chosen = new Uint32Array(rows);
  return Float64Array.from({ length: resamples }, () => {
    draw(chosen);
    return statistic(chosen);
  });
};

/** Draws rows uniformly with replacement from the seeded generator. */
export const drawRows = (seed: number): Draw => {
  const random = createRandom(seed);
  return (rows) => {
    for (let i = 0; i < rows.length; i++) rows[i] = random.below(rows.length);
  };
};

/**
 * The percentile interval of bootstrap replicates. Replicates in which the statistic is undefined (NaN) are left out;
 * when they are more than 5 % the statistic is too fragile for an interval, and both ends are NaN.
 */
export const percentileInterval = (replicates: Float64Array, level = 0.95): Interval => {
  const known = sortFinite(replicates);
  if (known.length < 0.95 * replicates.length || known.length === 0) return { low: NaN, high: NaN };
  return { low: quantile(known, (1 - level) / 2), high: quantile(known, (1 + level) / 2) };
};

/** The mean of one value a row (loss, error, 0/1 outcome) with its bootstrap interval. */
export const bootstrapMean = (values: ArrayLike<number>, options: Resampling = {}): Estimate => {
  const { resamples, seed, level } = resampling(options);
  const statistic = (rows: Uint32Array) => meanOf(values, rows);
  const replicates = resample({ rows: values.length, resamples, draw: drawRows(seed), statistic });
  return { value: meanOf(values, everyRow(values.length)), ...percentileInterval(replicates, level) };
};

/**
 * The mean of first − second over the same rows, with its paired bootstrap interval; [0, 0] for identical models.
 * @throws RangeError when lengths differ
 */
export const bootstrapPairedMean = (
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: Resampling = {},
): Estimate => {
  refuseUnequal(first.length, second.length);
  return bootstrapMean(
    Float64Array.from(first, (value, row) => value - (second[row] as number)),
    options,
  );
};

/** The defaults of a bootstrap: 2,000 resamples, seed 0, an interval of 95 %. */
export const resampling = ({ resamples = 2000, seed = 0, level = 0.95 }: Resampling) => ({ resamples, seed, level });

/** The rows of the sample itself, each once. */
export const everyRow = (rows: number): Uint32Array => Uint32Array.from({ length: rows }, (_, row) => row);

/** @throws RangeError when two models were not scored on equally many rows */
export const refuseUnequal = (first: number, second: number): void => {
  if (first !== second)
    throw new RangeError(`The models were scored on ${first} and ${second} rows, not on the same ones.`);
};

const meanOf = (values: ArrayLike<number>, rows: Uint32Array): number => {
  let sum = 0;
  for (const row of rows) sum += values[row] as number;
  return sum / rows.length;
};
