import { noise } from '../unit/versions/store/noise.ts';

/** The files of a version by its seed: two of its own, a large one among them, and two that it shares with others. */
export const filesOf = (seed: number): ReadonlyMap<string, Buffer> =>
  new Map([
    ['a.bin', noise(2_000 + (seed % 97) * 31, seed)],
    ['b.bin', noise(200_000, seed)],
    ['c.bin', noise(9_000, seed % 10)],
    ['d.bin', noise(150_000, seed % 3)],
  ]);
