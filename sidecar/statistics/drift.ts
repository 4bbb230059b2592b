import type { CategoryProfile, CategorySketch } from './category-profile.ts';
import { chiSquareOfSamples, poolRareCells } from './chi-square.ts';
import { hellinger, jensenShannon, smoothedStability } from './distances.ts';
import { asymptoticP } from './kolmogorov-smirnov.ts';
import type { KolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import type { NumericProfile, NumericSketch } from './numeric-profile.ts';

/** How far a window is from its reference. Every number is NaN when a side holds no rows. */
export interface Drift {
  /** Population stability index, smoothed for empty cells; see `smoothedStability`. */
  readonly psi: number;
  /** Jensen–Shannon distance, natural logarithm. */
  readonly jensenShannon: number;
  readonly hellinger: number;
  /** What each cell holds, and its share of the rows on either side. */
  readonly labels: readonly string[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
  /** Cells that hold rows on either side. */
  readonly cells: number;
  readonly referenceRows: number;
  readonly windowRows: number;
}

/**
 * Compares a window with the profile it was opened on. PSI, Jensen–Shannon and Hellinger are taken on the coarse cells,
 * with one more for missing values when either side has any; Kolmogorov–Smirnov on the fine bins, which reaches the true
 * distance within the weight of one bin, with the asymptotic p-value.
 */
export const compareNumeric = (
  profile: NumericProfile,
  window: NumericSketch,
): Drift & { readonly ks: KolmogorovSmirnov } => ({
  ...compareCells([...profile.labels], {
    reference: coarse(profile, profile.reference),
    current: coarse(profile, window),
    missing: [profile.reference.missing, window.missing],
  }),
  ks: binnedKolmogorovSmirnov(profile.reference.counts, window.counts),
});

/**
 * Compares a window with the profile it was opened on, over the categories of the reference, one cell for all others, and
 * one for missing values when either side has any. Chi-square is the test that both are samples of one distribution, with
 * rare cells pooled.
 */
export const compareCategorical = (
  profile: CategoryProfile,
  window: CategorySketch,
): Drift & { readonly chiSquare: { readonly statistic: number; readonly p: number } } => {
  const pooled = poolRareCells(profile.reference.counts, window.counts);
  const { statistic, p } = chiSquareOfSamples(pooled.first, pooled.second);
  return {
    ...compareCells([...profile.categories, 'other'], {
      reference: profile.reference.counts,
      current: window.counts,
      missing: [profile.reference.missing, window.missing],
    }),
    chiSquare: { statistic, p },
  };
};

const compareCells = (
  labels: readonly string[],
  sides: {
    readonly reference: readonly number[];
    readonly current: readonly number[];
    readonly missing: readonly [number, number];
  },
): Drift => {
  const [missingBefore, missingNow] = sides.missing;
  const hasMissing = missingBefore + missingNow > 0;
  const reference = hasMissing ? [...sides.reference, missingBefore] : sides.reference;
  const current = hasMissing ? [...sides.current, missingNow] : sides.current;
  const [referenceRows, windowRows] = [sum(reference), sum(current)];
  return {
    psi: smoothedStability(reference, current),
    jensenShannon: jensenShannon(reference, current),
    hellinger: hellinger(reference, current),
    labels: hasMissing ? [...labels, 'missing'] : labels,
    reference: reference.map((rows) => rows / referenceRows),
    current: current.map((rows) => rows / windowRows),
    cells: reference.filter((rows, cell) => rows + (current[cell] as number) > 0).length,
    referenceRows,
    windowRows,
  };
};

const coarse = ({ cellOfBin, labels }: NumericProfile, { counts }: NumericSketch): number[] => {
  const cells = new Array<number>(labels.length).fill(0);
  counts.forEach((rows, bin) => {
    const cell = cellOfBin[bin] as number;
    cells[cell] = (cells[cell] as number) + rows;
  });
  return cells;
};

const binnedKolmogorovSmirnov = (reference: readonly number[], current: readonly number[]): KolmogorovSmirnov => {
  const [n, m] = [sum(reference), sum(current)];
  let [before, now, statistic] = [0, 0, 0];
  reference.forEach((rows, bin) => {
    before += rows;
    now += current[bin] as number;
    statistic = Math.max(statistic, Math.abs(before / n - now / m));
  });
  return n === 0 || m === 0 ? { statistic: NaN, p: NaN } : { statistic, p: asymptoticP(n, m, statistic) };
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
