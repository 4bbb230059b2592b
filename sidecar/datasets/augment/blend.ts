import type { Random } from '../../graph/random.ts';
import { symmetricBeta } from './beta.ts';

/** A batch of pictures `[rows, C, H, W]` and their classes as distributions `[rows, outputs]`. */
export interface SoftBatch {
  readonly rows: number;
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly outputs: number;
}

/** Puts each picture of a batch together with another of it, and their labels in the same share. */
export type Blend = (batch: SoftBatch, random: Random) => void;

/**
 * `λ · picture + (1 − λ) · other`, λ of Beta(shape, shape), one a batch.
 * Zhang et al., "mixup: Beyond Empirical Risk Minimization" (ICLR 2018).
 */
export const mixup =
  (shape: number): Blend =>
  (batch, random) => {
    const share = symmetricBeta(shape, random);
    const others = shuffled(batch.rows, random);
    mix(batch.inputs, others, share);
    mix(batch.targets, others, share);
  };

/**
 * A rectangle of another picture in each, the labels by area.
 * Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers" (ICCV 2019).
 */
export const cutmix =
  (shape: number): Blend =>
  (batch, random) => {
    const wanted = symmetricBeta(shape, random);
    const others = shuffled(batch.rows, random);
    const [channels, height, width] = batch.shape;
    const [rows, columns] = [spanOf(height, wanted, random), spanOf(width, wanted, random)];
    const before = batch.inputs.slice();
    const plane = height * width;
    for (const [row, other] of others.entries()) {
      for (let channel = 0; channel < channels; channel++) {
        const [to, from] = [(row * channels + channel) * plane, (other * channels + channel) * plane];
        for (let y = rows.from; y < rows.to; y++) {
          const line = y * width;
          batch.inputs.set(
            before.subarray(from + line + columns.from, from + line + columns.to),
            to + line + columns.from,
          );
        }
      }
    }
    // The rectangle is cut off at the edges, so its area is counted and not computed.
    const pasted = ((rows.to - rows.from) * (columns.to - columns.from)) / plane;
    mix(batch.targets, others, 1 - pasted);
  };

const spanOf = (size: number, share: number, random: Random) => {
  const half = Math.round(size * Math.sqrt(1 - share)) / 2;
  const middle = random.below(size);
  return {
    from: Math.min(size, Math.max(0, Math.floor(middle - half))),
    to: Math.min(size, Math.max(0, Math.floor(middle + half))),
  };
};

const shuffled = (rows: number, { below }: Random): Uint32Array => {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  for (let last = rows - 1; last > 0; last--) {
    const chosen = below(last + 1);
    const value = order[last] ?? 0;
    order[last] = order[chosen] ?? 0;
    order[chosen] = value;
  }
  return order;
};

/** `share · row + (1 − share) · other row`, for each row. */
const mix = (values: Float32Array, others: Uint32Array, share: number): void => {
  const before = values.slice();
  const length = values.length / others.length;
  for (const [row, other] of others.entries()) {
    for (let at = 0; at < length; at++) {
      const own = before[row * length + at] ?? 0;
      values[row * length + at] = share * own + (1 - share) * (before[other * length + at] ?? 0);
    }
  }
};
