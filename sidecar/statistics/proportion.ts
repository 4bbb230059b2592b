import { normalAbove, normalQuantile } from './distributions.ts';

/** A range that holds the true value with the stated confidence; both ends NaN where nothing is known. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of a share (Wilson, 1927). Stays within [0, 1] and is meaningful at 0 and at `total` successes.
 * Both ends NaN for 0 of 0.
 */
export const wilsonInterval = (successes: number, total: number, level = 0.95): Interval => {
  if (total === 0) return { low: NaN, high: NaN };
  const z = normalQuantile((1 + level) / 2);
  const share = successes / total;
  const scale = 1 + (z * z) / total;
  const centre = (share + (z * z) / (2 * total)) / scale;
  const reach = (z / scale) * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  // The formula gives these ends exactly; rounding would miss them by the last bit.
  return {
    low: successes === 0 ? 0 : centre - reach,
    high: successes === total ? 1 : centre + reach,
  };
};

/** Newcombe's interval (1998, method 10) of the difference between two independent shares, first less second. */
export const shareDifference = (
  first: { readonly successes: number; readonly total: number },
  second: { readonly successes: number; readonly total: number },
  level = 0.95,
): Interval & { readonly difference: number } => {
  const one = wilsonInterval(first.successes, first.total, level);
  const two = wilsonInterval(second.successes, second.total, level);
  const p = first.successes / first.total;
  const q = second.successes / second.total;
  return {
    difference: p - q,
    low: p - q - Math.hypot(p - one.low, two.high - q),
    high: p - q + Math.hypot(one.high - p, q - two.low),
  };
};

/** Two-sided p-value of the pooled z test that two shares are equal; NaN where the pooled share is 0 or 1. */
export const equalShares = (
  first: { readonly successes: number; readonly total: number },
  second: { readonly successes: number; readonly total: number },
): { readonly z: number; readonly p: number } => {
  const pooled = (first.successes + second.successes) / (first.total + second.total);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / first.total + 1 / second.total));
  const z = (first.successes / first.total - second.successes / second.total) / error;
  return { z, p: 2 * normalAbove(Math.abs(z)) };
};
