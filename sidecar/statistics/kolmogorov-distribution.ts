import { logChoose, logGamma } from './gamma.ts';

/**
 * P(Dₙ ≥ d): how often the Kolmogorov distance of n independent values from their own distribution is at least d.
 * Chooses the exact or asymptotic form by size as Simard and L'Ecuyer (2011) recommend; agrees with SciPy's `kstwo.sf`
 * within 1e-6 relative. NaN for n < 1.
 */
export const kolmogorovAbove = (n: number, d: number): number => {
  if (!(n >= 1) || Number.isNaN(d)) return NaN;
  if (d >= 1) return 0;
  const reach = n * d;
  if (reach <= 0.5) return 1;
  return reach <= 1 || reach >= n - 1 ? nearTheEnds(n, d) : inTheMiddle(n, d);
};

/** P(Dₙ⁺ ≥ d), one-sided (Birnbaum and Tingey, 1951): d·Σⱼ C(n, j)(d + j/n)^(j−1)(1 − d − j/n)^(n−j), j ≤ n(1 − d). */
export const smirnovAbove = (n: number, d: number): number => {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  let sum = 0;
  for (let j = 0; j <= n * (1 - d); j++) {
    const rest = 1 - d - j / n;
    const power = n === j ? 0 : (n - j) * Math.log(rest);
    if (rest > 0) sum += Math.exp(logChoose(n, j) + (j - 1) * Math.log(d + j / n) + power);
  }
  return Math.min(1, d * sum);
};

/** Closed forms for the smallest and the largest distances (Ruben and Gambino, 1982). */
const nearTheEnds = (n: number, d: number): number =>
  n * d <= 1 ? 1 - Math.exp(logGamma(n + 1) + n * Math.log(2 * d - 1 / n)) : 2 * (1 - d) ** n;

const inTheMiddle = (n: number, d: number): number => {
  const spread = n * d * d;
  if (n > 140 && spread >= 370) return 0;
  // Far out the two one-sided events hardly ever happen together; the far half is exact.
  if (d >= 0.5 || spread > (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * smirnovAbove(n, d));
  const exact = n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4);
  return Math.max(0, 1 - (exact ? matrixBelow(n, d) : pelzGoodBelow(n, d)));
};

/**
 * P(Dₙ < d) by the n-th power of a (2k − 1)² matrix, k = ⌈nd⌉ (Durbin, 1973, as arranged by Marsaglia, Tsang and Wang,
 * 2003). Exponents are kept apart, because the powers leave the range of doubles.
 */
const matrixBelow = (n: number, d: number): number => {
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  const power = matrixPower(durbinMatrix(size, k - n * d), size, n);
  const centre = power.matrix[(k - 1) * size + k - 1] as number;
  return Math.exp(Math.log(centre) + power.exponent * Math.LN2 + logGamma(n + 1) - n * Math.log(n));
};

const durbinMatrix = (size: number, h: number): Float64Array => {
  const inverseFactorials = Float64Array.from({ length: size + 1 }, (_, i) => Math.exp(-logGamma(i + 1)));
  const entry = (row: number, column: number): number => {
    const distance = row - column + 1;
    if (distance < 0) return 0;
    const scale = inverseFactorials[distance] as number;
    const first = column === 0 ? h ** distance : 0;
    const last = row === size - 1 ? h ** distance : 0;
    const corner = column === 0 && row === size - 1 ? Math.max(0, 2 * h - 1) ** distance : 0;
    return (1 - first - last + corner) * scale;
  };
  return Float64Array.from({ length: size * size }, (_, i) => entry(Math.floor(i / size), i % size));
};

interface ScaledMatrix {
  readonly matrix: Float64Array;
  /** The matrix stands for itself times 2^exponent. */
  readonly exponent: number;
}

const matrixPower = (matrix: Float64Array, size: number, n: number): ScaledMatrix => {
  let base: ScaledMatrix = { matrix, exponent: 0 };
  let result: ScaledMatrix | undefined;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? base : multiply(result, base, size);
    base = multiply(base, base, size);
  }
  return result ?? base;
};

const multiply = (first: ScaledMatrix, second: ScaledMatrix, size: number): ScaledMatrix => {
  const product = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const factor = first.matrix[row * size + inner] as number;
      for (let column = 0; column < size; column++)
        product[row * size + column] =
          (product[row * size + column] as number) + factor * (second.matrix[inner * size + column] as number);
    }
  }
  const shift = Math.floor(Math.log2(product.reduce((most, value) => Math.max(most, value), 0)));
  return { matrix: product.map((value) => value * 2 ** -shift), exponent: first.exponent + second.exponent + shift };
};

/**
 * P(Dₙ ≤ d) by the first four terms of the expansion in 1/√n (Pelz and Good, 1976), each a theta series in z = d√n.
 */
const pelzGoodBelow = (n: number, d: number): number => {
  const z = d * Math.sqrt(n);
  const [z2, z4, z6] = [z ** 2, z ** 4, z ** 6];
  const pi2 = Math.PI ** 2;
  // Σ over odd m of polynomial(m²)·exp(−m²π²/8z²), and over all k of polynomial(k²)·exp(−k²π²/2z²).
  const odd = (polynomial: (m2: number) => number) => thetaSum((k) => (2 * k - 1) ** 2 / 4, polynomial, z2);
  const every = (polynomial: (k2: number) => number) => thetaSum((k) => k * k, polynomial, z2);
  const root = Math.sqrt(Math.PI / 2);
  const limit = 2 * odd(() => 1);
  const first = odd((x) => pi2 * x - z2) / 3;
  const second =
    odd((x) => 6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * x + pi2 ** 2 * (1 - 2 * z2) * x * x) / 36 -
    (z4 * every((x) => pi2 * x)) / 18;
  const third =
    odd(
      (x) =>
        pi2 ** 3 * (5 - 30 * z2) * x ** 3 +
        pi2 ** 2 * (-60 * z2 + 212 * z4) * x * x +
        pi2 * (135 * z4 - 96 * z6) * x -
        30 * z6 -
        90 * z ** 8,
    ) /
      3240 +
    (z4 * every((x) => pi2 * x * (3 * z2 - pi2 * x))) / 108;
  return root * (limit / z + first / (z4 * Math.sqrt(n)) + second / (z ** 7 * n) + third / (z ** 10 * n ** 1.5));
};

const thetaSum = (square: (k: number) => number, polynomial: (x: number) => number, z2: number): number => {
  let sum = 0;
  for (let k = 1; ; k++) {
    const x = square(k);
    const decay = Math.exp((-x * Math.PI ** 2) / (2 * z2));
    if (decay < 1e-40) return sum;
    sum += polynomial(x) * decay;
  }
};
