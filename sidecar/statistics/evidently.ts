import { jensenShannon, populationStability } from './distances.ts';
import { sortFinite } from './quantile.ts';

/**
 * Evidently's scores of a numeric column, for those who compare with its figures. Bins are Sturges' over both samples
 * together (or one a value, when the reference has at most 20 distinct ones), so they move with every window and scores
 * of two windows are not comparable; Trainyard itself compares on the fixed bins of a profile.
 */
export const evidentlyScores = (
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): { readonly psi: number; readonly jensenShannon: number } => {
  const before = sortFinite(reference);
  const now = sortFinite(current);
  const count = new Set(before).size > 20 ? pooledHistograms(before, now) : valueCounts(before, now);
  const [p, q] = count.map((counts) => counts.map((rows) => rows / sum(counts)));
  if (p === undefined || q === undefined) return { psi: NaN, jensenShannon: NaN };
  return { psi: populationStability(fillZeros(p), fillZeros(q)), jensenShannon: jensenShannon(p, q) };
};

/** Number of equal bins by Sturges (1926): ⌈log₂ n + 1⌉. */
const sturgesBins = (rows: number): number => Math.max(1, Math.ceil(Math.log2(rows) + 1));

const pooledHistograms = (first: Float64Array, second: Float64Array): number[][] => {
  const low = Math.min(first[0] as number, second[0] as number);
  const high = Math.max(first.at(-1) as number, second.at(-1) as number);
  const bins = sturgesBins(first.length + second.length);
  const width = (high - low) / bins;
  return [first, second].map((values) => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) {
      const bin = Math.min(bins - 1, Math.floor((value - low) / width));
      // The division may round across an edge; the edges themselves decide.
      const settled =
        value < low + bin * width ? bin - 1 : bin + (bin < bins - 1 && value >= low + (bin + 1) * width ? 1 : 0);
      counts[settled] = (counts[settled] as number) + 1;
    }
    return counts;
  });
};

const valueCounts = (first: Float64Array, second: Float64Array): number[][] => {
  const distinct = [...new Set([...first, ...second])];
  return [first, second].map((values) => {
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return distinct.map((value) => counts.get(value) ?? 0);
  });
};

/** A zero share becomes 10⁻⁴, or a millionth of the smallest share when that is itself at most 10⁻⁴. Not rescaled. */
const fillZeros = (shares: readonly number[]): number[] => {
  const smallest = Math.min(...shares.filter((share) => share > 0));
  return shares.map((share) => (share > 0 ? share : smallest <= 1e-4 ? smallest / 1e6 : 1e-4));
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
