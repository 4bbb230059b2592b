const WORD = (1n << 64n) - 1n;

/** Bytes of SplitMix64, as the tests of xet-core make them. */
export const splitMix = (size: number, seed: bigint): Buffer => {
  const bytes = Buffer.alloc(size + 8);
  let state = seed;
  for (let at = 0; at < size; at += 8) {
    state = (state + 0x9e3779b97f4a7c15n) & WORD;
    let word = state;
    word = ((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD;
    word = ((word ^ (word >> 27n)) * 0x94d049bb133111ebn) & WORD;
    bytes.writeBigUInt64LE(word ^ (word >> 31n), at);
  }
  return bytes.subarray(0, size);
};

/** Incompressible bytes, fast: xorshift of 32 bits (Marsaglia 2003). */
export const noise = (size: number, seed: number): Buffer => {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = (seed + 1) * 0x9e3779b1 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, size);
};
