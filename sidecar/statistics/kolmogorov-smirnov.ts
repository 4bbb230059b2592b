import { kolmogorovAbove } from './kolmogorov-distribution.ts';
import { sortFinite } from './quantile.ts';

export interface KolmogorovSmirnov {
  /** Largest distance between the two distribution functions. */
  readonly statistic: number;
  readonly p: number;
}

/** Above this many rows on a side the exact p-value costs too much, as in SciPy. */
const exactRows = 10_000;

/**
 * The two-sample Kolmogorov–Smirnov test, two-sided. p is exact up to 10,000 rows a side and asymptotic above, as in
 * SciPy; `form` forces one. NaN and infinities are left out; both figures are NaN when a sample is then empty.
 */
export const kolmogorovSmirnov = (
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  form: 'auto' | 'exact' | 'asymptotic' = 'auto',
): KolmogorovSmirnov => {
  const one = sortFinite(first);
  const other = sortFinite(second);
  const [n, m] = [one.length, other.length];
  if (n === 0 || m === 0) return { statistic: NaN, p: NaN };
  const steps = largestSteps(one, other);
  const statistic = (steps * greatestDivisor(n, m)) / (n * m);
  const exact = form === 'exact' || (form === 'auto' && Math.max(n, m) <= exactRows);
  return { statistic, p: exact ? exactP(n, m, steps) : asymptoticP(n, m, statistic) };
};

/** P(D ≥ `distance`) from the sizes alone, by the finite-n distribution at n·m/(n + m) rounded half to even (as SciPy). */
export const asymptoticP = (n: number, m: number, distance: number): number =>
  kolmogorovAbove(roundHalfEven((n * m) / (n + m)), distance);

/**
 * P(D ≥ h/lcm(n, m)) for samples of n and m without ties: the share of lattice paths from (0, 0) to (n, m) that touch
 * |x·m − y·n| ≥ h·gcd(n, m) (Hodges, 1958). With A(x, y) that share among paths to (x, y), A is 1 on or outside the
 * boundary, 0 at the start, and (x·A(x−1, y) + y·A(x, y−1))/(x + y) elsewhere: all terms are positive, so nothing
 * cancels. Costs n·m steps.
 */
export const exactP = (n: number, m: number, h: number): number => {
  if (h === 0) return 1;
  const divisor = greatestDivisor(n, m);
  const right = n / divisor;
  const up = m / divisor;
  // One column of A at a time: entry y still holds A(x − 1, y) when A(x, y) is computed.
  const column = new Float64Array(m + 1);
  for (let x = 0; x <= n; x++) {
    for (let y = 0; y <= m; y++) {
      const outside = Math.abs(x * up - y * right) >= h;
      column[y] = outside ? 1 : x + y === 0 ? 0 : stepped(column, x, y);
    }
  }
  return column[m] as number;
};

const stepped = (column: Float64Array, x: number, y: number): number =>
  (x * (column[y] as number) + (y === 0 ? 0 : y * (column[y - 1] as number))) / (x + y);

/** The statistic in whole steps of 1/lcm(n, m), so that ties and equal distances compare exactly. */
const largestSteps = (one: Float64Array, other: Float64Array): number => {
  const divisor = greatestDivisor(one.length, other.length);
  const up = other.length / divisor;
  const down = one.length / divisor;
  let largest = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    const value = Math.min(one[i] as number, other[j] as number);
    while (one[i] === value) i++;
    while (other[j] === value) j++;
    largest = Math.max(largest, Math.abs(i * up - j * down));
  }
  return largest;
};

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

const roundHalfEven = (value: number): number => {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
};
