/**
 * Benjamini and Hochberg (1995): p-values adjusted so that rejecting those at most α keeps the expected share of false
 * alarms among all alarms at most α. In the order given. NaN (a test that could not be made) stays NaN and is not counted.
 */
export const benjaminiHochberg = (pValues: readonly number[]): number[] =>
  adjust(pValues, (p, rank, tests) => (p * tests) / rank, 'downwards');

/** Holm (1979): p-values adjusted so that rejecting those at most α keeps the chance of any false alarm at most α. */
export const holm = (pValues: readonly number[]): number[] =>
  adjust(pValues, (p, rank, tests) => p * (tests - rank + 1), 'upwards');

/** Both steps keep the order of p-values: running minima from the largest rank, or running maxima from the smallest. */
const adjust = (
  pValues: readonly number[],
  scale: (p: number, rank: number, tests: number) => number,
  direction: 'downwards' | 'upwards',
): number[] => {
  const order = pValues.flatMap((p, i) => (Number.isNaN(p) ? [] : [{ p, i }])).sort((a, b) => a.p - b.p);
  const scaled = order.map(({ p, i }, rank) => ({ i, p: scale(p, rank + 1, order.length) }));
  const adjusted = pValues.map(() => NaN);
  let bound = direction === 'downwards' ? 1 : 0;
  for (const { p, i } of direction === 'downwards' ? scaled.reverse() : scaled) {
    bound = direction === 'downwards' ? Math.min(bound, p) : Math.min(1, Math.max(bound, p));
    adjusted[i] = bound;
  }
  return adjusted;
};
