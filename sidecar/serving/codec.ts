import type { Features } from '../contract/features.ts';
import type { RawRow } from '../datasets/raw-columns.ts';

/** The transforms of training, lent to serving so that both see the same numbers. */
export interface Codec {
  /** A record as the raw columns that the model takes. @throws Fault when a value does not fit its column */
  readonly rawRow: (record: Readonly<Record<string, unknown>>, features: Features) => RawRow;
  /**
   * What is watched of a picture.
   * @param pixels 0 … 255, channel by channel
   * @param shape `[C, H, W]`
   */
  readonly imageStatistics: (
    pixels: ArrayLike<number>,
    shape: readonly number[],
  ) => { readonly brightness: number; readonly contrast: number; readonly sharpness: number };
}
