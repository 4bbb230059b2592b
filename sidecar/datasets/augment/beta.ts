import type { Random } from '../../graph/random.ts';

/** A number of the distribution Beta(shape, shape), between 0 and 1. */
export const symmetricBeta = (shape: number, random: Random): number => {
  const [a, b] = [logGamma(shape, random), logGamma(shape, random)];
  // a / (a + b), which a small shape would make 0 / 0.
  return 1 / (1 + Math.exp(b - a));
};

/**
 * Logarithm of a number of the distribution Gamma(shape, 1). Marsaglia and Tsang, "A simple method for generating gamma
 * variables" (2000), with their lift for shapes below 1.
 */
const logGamma = (shape: number, random: Random): number => {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
};
