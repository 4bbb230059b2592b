import { createRandom, deriveSeed } from '../graph/random.ts';

/** Keeps dropout apart from what else the seed decides. */
const dropoutStream = 0xd209;

/** A mask that a step multiplies with, and the share of its values that is dropped. */
export interface DropoutMask {
  readonly data: Float32Array;
  readonly share: number;
}

/**
 * Fills the masks of a step: 0 for the share of values that is dropped, and more for the others, so that the sum is
 * kept. They follow from seed and step alone, so that every engine drops the same and a resumed step drops it again.
 */
export const drawMasks = (masks: readonly DropoutMask[], seed: number, step: number): void => {
  if (masks.length === 0) return;
  const { uniform } = createRandom(deriveSeed(seed, dropoutStream, step));
  for (const { data, share } of masks) {
    const kept = 1 / (1 - share);
    for (let index = 0; index < data.length; index += 1) data[index] = uniform() < share ? 0 : kept;
  }
};
