import type { Assembly } from '../assembly.ts';
import { epsilonAttribute } from '../assembly.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import type { BlockedValues } from '../blocked/values.ts';
import { dimAt, sizeOf } from '../model.ts';
import { reshape } from './rule.ts';

interface Scaled {
  readonly x: string;
  /** `[C]` */
  readonly scale: string;
}

/** Sums and affine maps by channel of values `[N, C, …]`; sums, scales and biases are `[C]`. */
export interface ChannelOperators {
  /** Σ x over batch and pixels. */
  readonly sums: (x: string) => string;
  readonly squares: (x: string) => string;
  /** Σ x·y over batch and pixels. */
  readonly products: (x: string, y: string) => string;
  readonly scaled: (x: string, scale: string) => string;
  /** scale·x + bias */
  readonly affine: (x: string, scale: string, bias: string, output: string) => void;
  /** The first scaled, and the second scaled with a bias, added up. */
  readonly blend: (first: Scaled, second: Scaled & { readonly bias: string }) => string;
}

/** The operators for values of a shape, in the layout that the value has. */
export const channelOperators = (assembly: Assembly, value: string, shape: readonly number[]): ChannelOperators => {
  const { blocked } = assembly;
  return blocked?.has(value) === true ? onBlocked(assembly, blocked, shape) : onPlain(assembly, shape);
};

const onPlain = (assembly: Assembly, shape: readonly number[]): ChannelOperators => {
  const channels = dimAt(shape, 1);
  const axes = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const overPixels = (value: string) =>
    reshape(
      assembly,
      value,
      shape.map((dim, axis) => (axis === 1 ? dim : 1)),
    );
  const filled = (value: number) => assembly.floats(new Array<number>(channels).fill(value), [channels]);
  /** The inference operator does it in one pass. */
  const affine = (x: string, scale: string, bias: string, output?: string) =>
    assembly.add('BatchNormalization', [x, scale, bias, filled(0), filled(1)], epsilonAttribute(0), output);
  const scaled = (x: string, scale: string) => assembly.add('Mul', [overPixels(scale), x]);
  return {
    sums: (x) => assembly.reduce('ReduceSum', x, axes, 'drop'),
    squares: (x) => assembly.reduce('ReduceSumSquare', x, axes, 'drop'),
    products: (x, y) => assembly.reduce('ReduceSum', assembly.add('Mul', [x, y]), axes, 'drop'),
    scaled,
    affine: (x, scale, bias, output) => void affine(x, scale, bias, output),
    blend: (first, { x, scale, bias }) => assembly.add('Add', [scaled(first.x, first.scale), affine(x, scale, bias)]),
  };
};

/** On blocked channels each of them is a pooling or a depthwise convolution, and reads its values once. */
const onBlocked = (assembly: Assembly, blocked: BlockedValues, shape: readonly number[]): ChannelOperators => {
  const [batch, channels] = [dimAt(shape, 0), dimAt(shape, 1)];
  const pixels = shape.slice(2);
  const { add, addPlain, of } = blocked;
  const shaped = (value: string, ...dims: readonly number[]) => addPlain('Reshape', [value, assembly.ints(dims)]);
  /** A map of one pixel lies in memory like `[N, C]`. */
  const overBatch = (value: string) => assembly.reduce('ReduceSum', shaped(value, batch, channels), [0], 'drop');
  /** Each map with the other one as a kernel of its own size. */
  const products = (x: string, y: string) =>
    overBatch(
      add('Conv', [shaped(of(x), 1, batch * channels, ...pixels), shaped(of(y), batch * channels, 1, ...pixels)], {
        kernel_shape: intsAttribute(pixels),
        group: intAttribute(batch * channels),
      }),
    );
  /** One tap a channel. */
  const tap = (x: string, scale: string, bias: string, ...sum: readonly string[]) =>
    add('Conv', [of(x), shaped(scale, channels, 1, 1, 1), bias, ...sum], {
      kernel_shape: intsAttribute([1, 1]),
      group: intAttribute(channels),
    });
  const named = (made: string): string => {
    const value = assembly.name();
    blocked.declare(value, made, channels);
    return value;
  };
  return {
    sums: (x) => assembly.add('Mul', [overBatch(add('GlobalAveragePool', [of(x)])), assembly.floats([sizeOf(pixels)])]),
    squares: (x) => products(x, x),
    products,
    scaled: (x, scale) => named(tap(x, scale, '')),
    affine: (x, scale, bias, output) => blocked.declare(output, tap(x, scale, bias), channels),
    blend: (first, { x, scale, bias }) => named(tap(first.x, first.scale, '', tap(x, scale, bias))),
  };
};
