import type { Assembly } from '../assembly.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { dimAt, sizeOf } from '../model.ts';
import type { BlockedValues } from './values.ts';

/** Sums and affine maps of blocked values `[N, C, H, W]`, by channel. Each reads its values once. */
export const channelOperators = (assembly: Assembly, blocked: BlockedValues, shape: readonly number[]) => {
  const [batch, channels] = [dimAt(shape, 0), dimAt(shape, 1)];
  const pixels = shape.slice(2);
  const { add, addPlain } = blocked;
  const ints = (...values: readonly number[]) => assembly.ints(values);
  /** A map of one pixel lies in memory like `[N, C]`. */
  const overBatch = (value: string): string =>
    assembly.reduce('ReduceSum', addPlain('Reshape', [value, ints(batch, channels)]), [0], 'drop');

  return {
    /** Σ x over batch and pixels, `[C]`. */
    sums: (x: string): string =>
      assembly.add('Mul', [overBatch(add('GlobalAveragePool', [x])), assembly.floats([sizeOf(pixels)])]),
    /** Σ x·y over batch and pixels, `[C]`: a depthwise convolution of each map with a kernel as large as itself. */
    products: (x: string, y: string): string =>
      overBatch(
        add(
          'Conv',
          [
            addPlain('Reshape', [x, ints(1, batch * channels, ...pixels)]),
            addPlain('Reshape', [y, ints(batch * channels, 1, ...pixels)]),
          ],
          { kernel_shape: intsAttribute(pixels), group: intAttribute(batch * channels) },
        ),
      ),
    /** scale·x + bias (+ another value), with `[C]` scale and bias: a depthwise convolution of one tap. */
    affine: (x: string, scale: string, bias: string, ...sum: readonly string[]): string =>
      add('Conv', [x, addPlain('Reshape', [scale, ints(channels, 1, 1, 1)]), bias, ...sum], {
        kernel_shape: intsAttribute([1, 1]),
        group: intAttribute(channels),
      }),
  };
};
