import { toPixels } from '../decode-image.ts';
import type { Raster } from '../raster.ts';

/** Side of the picture that is looked at, and of its low frequencies that are kept. */
const SIDE = 32;
const KEPT = 8;
/** Frequencies below this are rounding: the picture is of one colour. */
const FLAT = 1;

/**
 * What a picture looks like, in 64 bits: pictures that were resized, recompressed or made somewhat lighter differ in few
 * of them, others in about half. It is `pHash`: the picture in grey, 32 × 32, of its discrete cosine transform the 8 × 8
 * lowest frequencies, a bit each for those above their median (Zauner, 2010). A picture of one colour has no frequencies;
 * its bits are its brightness, as many ones as there are quarters of its level.
 */
export const perceptualHash = (raster: Raster): bigint => {
  const grey = toPixels(raster, { channels: 1, width: SIDE, height: SIDE });
  const frequencies = lowFrequencies(grey);
  const [level = 0, ...others] = frequencies;
  if (others.every((value) => Math.abs(value) < FLAT)) return brightness(level);
  const middle = medianOf(others);
  // The first frequency is the brightness and says nothing of the picture; its bit is that of the others' middle.
  return frequencies.reduce((bits, value, at) => (at > 0 && value > middle ? bits | (1n << BigInt(at)) : bits), 0n);
};

/** Level of the transform of a white picture: 255 · 32. */
const WHITE = 255 * SIDE;

const brightness = (level: number): bigint => (1n << BigInt(Math.round((level / WHITE) * 63))) - 1n;

/** Rows of the orthonormal cosine transform of 32 values: frequency by place. */
const cosines = Array.from({ length: KEPT }, (_, frequency) =>
  Float64Array.from(
    { length: SIDE },
    (__, at) =>
      Math.sqrt((frequency === 0 ? 1 : 2) / SIDE) * Math.cos((Math.PI * (2 * at + 1) * frequency) / (2 * SIDE)),
  ),
);

const lowFrequencies = (grey: Uint8Array): number[] => {
  const across = new Float64Array(SIDE * KEPT);
  for (let row = 0; row < SIDE; row++) {
    cosines.forEach((wave, frequency) => {
      let sum = 0;
      for (let at = 0; at < SIDE; at++) sum += (wave[at] ?? 0) * (grey[row * SIDE + at] ?? 0);
      across[row * KEPT + frequency] = sum;
    });
  }
  return cosines.flatMap((wave) =>
    Array.from({ length: KEPT }, (_, frequency) => {
      let sum = 0;
      for (let row = 0; row < SIDE; row++) sum += (wave[row] ?? 0) * (across[row * KEPT + frequency] ?? 0);
      return sum;
    }),
  );
};

const medianOf = (values: readonly number[]): number => {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[ascending.length >> 1] ?? 0;
};

/** In how many bits two hashes differ, 0 to 64. */
export const hashDistance = (first: bigint, second: bigint): number => {
  const different = first ^ second;
  return onesIn(Number(different & 0xffffffffn)) + onesIn(Number(different >> 32n));
};

/** Number of ones among 32 bits, by adding neighbours (Warren, Hacker's Delight, 5-1). */
export const onesIn = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};
