const lanczosHead = 0.99999999999980993;
const lanczosTerms = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0, relative error about 1e-15 (Lanczos, 1964, with g = 7 and nine terms). */
export const logGamma = (x: number): number => {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const t = z + 7.5;
  const sum = lanczosTerms.reduce((total, term, i) => total + term / (z + i + 1), lanczosHead);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
};

/** ln C(n, k), the logarithm of the number of ways to choose k of n. */
export const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/**
 * Q(a, x) = Γ(a, x)/Γ(a), the upper regularised incomplete gamma function, for a > 0 and x ≥ 0.
 * Power series below x = a + 1, continued fraction (modified Lentz) above: Abramowitz and Stegun 6.5.29 and 6.5.31.
 */
export const upperGamma = (a: number, x: number): number => {
  if (Number.isNaN(a) || Number.isNaN(x)) return NaN;
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * lowerSeries(a, x) : front * upperFraction(a, x);
};

const lowerSeries = (a: number, x: number): number => {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
};

const upperFraction = (a: number, x: number): number => {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let i = 1, change = 0; Math.abs(change - 1) > 1e-16 && i < 10_000; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = 1 / orTiny(numerator * d + b, tiny);
    c = orTiny(b + numerator / c, tiny);
    change = c * d;
    value *= change;
  }
  return value;
};

const orTiny = (value: number, tiny: number): number => (Math.abs(value) < tiny ? tiny : value);
