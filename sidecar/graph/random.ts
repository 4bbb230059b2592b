/** A source of random numbers whose whole course follows from its seed. */
export interface Random {
  /** Evenly distributed in [0, 1), with 32 random bits. */
  readonly uniform: () => number;
  /** Normally distributed, mean 0, deviation 1. */
  readonly normal: () => number;
  /** A whole number in [0, bound), without bias; bound at most 2^32. */
  readonly below: (bound: number) => number;
}

/**
 * xoshiro128** by David Blackman and Sebastiano Vigna (prng.di.unimi.it), its four words seeded with
 * SplitMix32, the 32-bit form of Steele, Lea and Flood's SplitMix (the finalizer of MurmurHash3).
 * Normal numbers come in pairs by the Box–Muller transform. Not for secrets.
 */
export const createRandom = (seed: number): Random => {
  const next = xoshiro128(seed);
  let spare: number | undefined;
  const uniform = () => next() / 2 ** 32;
  return {
    uniform,
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // 1 − u lies in (0, 1], so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    below: (bound) => {
      const limit = 2 ** 32 - (2 ** 32 % bound);
      let bits = next();
      while (bits >= limit) bits = next();
      return bits % bound;
    },
  };
};

/** A seed of its own for each path of whole numbers, such as seed, purpose and epoch; SplitMix32 folded over them. */
export const deriveSeed = (...path: readonly number[]): number =>
  path.reduce((seed, part) => splitMix32(seed ^ splitMix32(part)())(), path.length);

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const splitMix32 = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  };
};

const xoshiro128 = (seed: number): (() => number) => {
  const mix = splitMix32(seed);
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
};
