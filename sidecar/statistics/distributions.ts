import { logChoose, upperGamma } from './gamma.ts';

/** P(X > x) for a chi-square variable with `degrees` degrees of freedom. NaN when there are none. */
export const chiSquareAbove = (x: number, degrees: number): number =>
  degrees > 0 ? upperGamma(degrees / 2, x / 2) : NaN;

/** The x with P(X > x) = `tail` for a chi-square variable; found by bisection. */
export const chiSquareLimit = (tail: number, degrees: number): number => {
  let low = 0;
  let high = degrees + 10;
  while (chiSquareAbove(high, degrees) > tail) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2;
    if (chiSquareAbove(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** P(Z > z) for a standard normal variable: erfc(z/√2)/2, which is Q(½, z²/2)/2. */
export const normalAbove = (z: number): number => {
  const tail = upperGamma(0.5, (z * z) / 2) / 2;
  return z < 0 ? 1 - tail : tail;
};

/** The z with P(Z ≤ z) = `share`, for share in (0, 1): the two-sided chi-square limit with one degree of freedom. */
export const normalQuantile = (share: number): number => {
  if (share === 0.5) return 0;
  const tail = Math.min(share, 1 - share);
  const z = Math.sqrt(chiSquareLimit(2 * tail, 1));
  return share < 0.5 ? -z : z;
};

/** P(X ≤ k) for k successes of n fair coins: Σ C(n, i)/2ⁿ, summed in logarithms. */
export const fairCoinsAtMost = (k: number, n: number): number => {
  let sum = 0;
  for (let i = 0; i <= k; i++) sum += Math.exp(logChoose(n, i) - n * Math.LN2);
  return Math.min(1, sum);
};
