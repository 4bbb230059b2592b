import type { Random } from '../../graph/random.ts';

/** One picture: `[C, H, W]` samples from 0 to 255, channel by channel, each row by row. */
export interface Picture {
  readonly samples: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Changes a picture in place. All that is random comes from `random`, so that a row changes in the same way whoever
 * makes its batch.
 * @param scratch of the size of the picture; its content is lost
 */
export type Change = (picture: Picture, random: Random, scratch: Float32Array) => void;

/** Fills every sample by its place; `sampleAt` reads the picture as it was before. */
export const redraw = (
  { samples, channels, height, width }: Picture,
  scratch: Float32Array,
  sampleAt: (plane: Float32Array, row: number, column: number) => number,
): void => {
  const plane = height * width;
  scratch.set(samples);
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * plane;
    const before = scratch.subarray(from, from + plane);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        samples[from + row * width + column] = sampleAt(before, row, column);
      }
    }
  }
};
