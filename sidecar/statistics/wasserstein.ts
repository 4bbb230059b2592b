import { sortFinite } from './quantile.ts';

/**
 * Wasserstein (earth mover's) distance between two samples, ∫|F − G| dx: how far, on average, values moved; in the unit
 * of the values. NaN and infinities are left out; NaN when a sample is then empty.
 */
export const wasserstein = (first: ArrayLike<number>, second: ArrayLike<number>): number => {
  const one = sortFinite(first);
  const other = sortFinite(second);
  if (one.length === 0 || other.length === 0) return NaN;
  let i = 0;
  let j = 0;
  let distance = 0;
  let at = Math.min(one[0] as number, other[0] as number);
  while (i < one.length || j < other.length) {
    const next = Math.min(one[i] ?? Infinity, other[j] ?? Infinity);
    distance += Math.abs(i / one.length - j / other.length) * (next - at);
    at = next;
    while (one[i] === at) i++;
    while (other[j] === at) j++;
  }
  return distance;
};
