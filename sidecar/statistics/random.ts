/** A seeded stream of random numbers; equal seeds give equal streams on every machine. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2⁻³². */
  readonly next: () => number;
  /** A whole number in [0, bound). */
  readonly below: (bound: number) => number;
  /** Standard normal (Box–Muller). */
  readonly normal: () => number;
}

/**
 * The generator behind every resample: xoshiro128** (Blackman and Vigna, 2018), its four words filled by splitmix32.
 * Only the lower 32 bits of `seed` count.
 */
export const createRandom = (seed: number): Random => {
  const word = splitmix32(seed);
  let a = word();
  let b = word();
  let c = word();
  let d = word();
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result / 4294967296;
  };
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    // 1 − u lies in (0, 1], so the logarithm is finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
};

/** Puts `values` into a random order, in place (Fisher–Yates). */
export const shuffle = (values: Uint32Array, random: Random): void => {
  for (let last = values.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const kept = values[last] as number;
    values[last] = values[other] as number;
    values[other] = kept;
  }
};

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const splitmix32 = (seed: number) => {
  let state = seed | 0;
  return (): number => {
    state = (state + 0x9e3779b9) | 0;
    const once = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    const twice = Math.imul(once ^ (once >>> 15), 0x735a2d97);
    return twice ^ (twice >>> 15);
  };
};
