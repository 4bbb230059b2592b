import { addToMoments, mergeMoments, noMoments } from './moments.ts';
import type { Moments } from './moments.ts';
import { sortFinite } from './quantile.ts';

/** How a numeric column looked in the reference, on bins that stay fixed ever after. Plain JSON. */
export interface NumericProfile {
  readonly type: 'number';
  /** Ascending. Bin 0 lies below the first edge, bin i from edge i − 1 (included) to edge i, the last above all. */
  readonly edges: readonly number[];
  /** The coarse cell that each bin belongs to. Shapes are compared on fine bins, shares on coarse cells. */
  readonly cellOfBin: readonly number[];
  /** What each coarse cell holds, in words. */
  readonly labels: readonly string[];
  readonly reference: NumericSketch;
}

/** What is kept of any number of values: a few hundred numbers, whatever their count. Plain JSON. */
export interface NumericSketch {
  /** Rows in each bin of the profile. */
  readonly counts: number[];
  /** Rows without a finite value. */
  missing: number;
  moments: Moments;
}

/** With at most so many distinct values each has a cell of its own. */
const fewValues = 20;
const coarseCells = 10;

/**
 * Learns the bins of a column from its reference values: `fineBins` quantile bins, or one a value when it has no more
 * distinct ones, and about ten coarse cells of equal weight above them. Edges lie halfway between neighbouring values, so
 * that a value stored with less precision stays in its bin. Memory does not grow with the reference.
 */
export const profileNumeric = (values: ArrayLike<number>, fineBins = 100): NumericProfile => {
  const ascending = sortFinite(values);
  const distinct = Array.from(ascending).filter((value, i) => value !== ascending[i - 1]);
  const edges = binEdges(ascending, distinct, fineBins);
  const reference = emptyNumericSketch(edges.length + 1);
  for (let row = 0; row < values.length; row++) addNumber(reference, edges, values[row] as number);
  const isDiscrete = distinct.length <= fewValues;
  const cellOfBin = isDiscrete ? reference.counts.map((_, bin) => bin) : coarseCellOfBin(reference.counts);
  const labels = isDiscrete ? valueLabels(distinct) : rangeLabels(edges, cellOfBin);
  return { type: 'number', edges, cellOfBin, labels, reference };
};

/** An empty window on the bins of a profile. */
export const openNumericWindow = ({ edges }: NumericProfile): NumericSketch => emptyNumericSketch(edges.length + 1);

/** Adds one value to a window, in time that does not depend on how many it holds. NaN and infinities count as missing. */
export const addToNumericWindow = (window: NumericSketch, profile: NumericProfile, value: number): void =>
  addNumber(window, profile.edges, value);

/** The window that holds the rows of both, on the same profile. */
export const mergeNumericWindows = (first: NumericSketch, second: NumericSketch): NumericSketch => ({
  counts: first.counts.map((count, bin) => count + (second.counts[bin] as number)),
  missing: first.missing + second.missing,
  moments: mergeMoments(first.moments, second.moments),
});

/** The coarse cell of a value; missing values have the cell after the last. */
export const numericCell = ({ edges, cellOfBin, labels }: NumericProfile, value: number): number =>
  Number.isFinite(value) ? (cellOfBin[binOf(edges, value)] as number) : labels.length;

const emptyNumericSketch = (bins: number): NumericSketch => ({
  counts: new Array<number>(bins).fill(0),
  missing: 0,
  moments: noMoments,
});

const addNumber = (sketch: NumericSketch, edges: readonly number[], value: number): void => {
  if (!Number.isFinite(value)) {
    sketch.missing++;
    return;
  }
  const bin = binOf(edges, value);
  sketch.counts[bin] = (sketch.counts[bin] as number) + 1;
  sketch.moments = addToMoments(sketch.moments, value);
};

/** How many edges are at most `value`, by halving. */
const binOf = (edges: readonly number[], value: number): number => {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};

const binEdges = (ascending: Float64Array, distinct: readonly number[], fineBins: number): number[] => {
  const [first, last] = [distinct[0], distinct.at(-1)];
  if (first === undefined || last === undefined) return [];
  // A value stored as a 32-bit float must not fall below the minimum or above the maximum by its rounding.
  const slack = Math.max(Math.abs(first), Math.abs(last), Number.MIN_VALUE) * 1e-6;
  const inner =
    distinct.length <= fineBins
      ? distinct.slice(1).map((value, i) => halfway(distinct[i] as number, value))
      : quantileEdges(ascending, fineBins);
  return [first - slack, ...inner, last + slack];
};

const quantileEdges = (ascending: Float64Array, bins: number): number[] => {
  const edges: number[] = [];
  for (let bin = 1; bin < bins; bin++) {
    let next = Math.max(1, Math.round((bin * ascending.length) / bins));
    while (ascending[next] === ascending[next - 1]) next++;
    if (next >= ascending.length) break;
    const edge = halfway(ascending[next - 1] as number, ascending[next] as number);
    if (edge !== edges.at(-1)) edges.push(edge);
  }
  return edges;
};

/** Between two numbers, and above the lower one even when they are neighbours. */
const halfway = (low: number, high: number): number => {
  const middle = low / 2 + high / 2;
  return middle > low ? middle : high;
};

/** Neighbouring bins join until a cell holds a tenth of the rows; a small rest joins the last cell. */
const coarseCellOfBin = (counts: readonly number[]): number[] => {
  const target = counts.reduce((sum, count) => sum + count, 0) / coarseCells;
  let cell = 0;
  let held = 0;
  let left = target * coarseCells;
  return counts.map((count) => {
    // Half a row of tolerance, because a tenth of the rows is seldom whole.
    if (held >= target - 0.5 && left >= target / 2) {
      cell++;
      held = 0;
    }
    held += count;
    left -= count;
    return cell;
  });
};

const valueLabels = (distinct: readonly number[]): string[] =>
  distinct.length === 0
    ? ['any']
    : [`< ${short(distinct[0] as number)}`, ...distinct.map(short), `> ${short(distinct.at(-1) as number)}`];

const rangeLabels = (edges: readonly number[], cellOfBin: readonly number[]): string[] => {
  const cells = (cellOfBin.at(-1) ?? 0) + 1;
  const starts = Array.from({ length: cells }, (_, cell) => edges[cellOfBin.indexOf(cell) - 1]);
  return starts.map((start, cell) => {
    const end = starts[cell + 1];
    if (start === undefined) return `< ${short(end as number)}`;
    return end === undefined ? `≥ ${short(start)}` : `${short(start)} – ${short(end)}`;
  });
};

const short = (value: number): string => String(Number(value.toPrecision(4)));
