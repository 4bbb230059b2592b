import type { Assembly } from '../assembly.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { dimAt, sizeOf } from '../model.ts';
import { windowAttributes } from './convolution-parts.ts';
import { reshape } from './rule.ts';

/** A convolution to be emitted: X `[N, C, …]`, Y `[N, O, …]`. */
export interface PlainConvolution {
  /** Image, weights and, where there is one, the bias. */
  readonly inputs: readonly string[];
  readonly shapeX: readonly number[];
  readonly shapeY: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before each axis, then behind each. */
  readonly pads: readonly number[];
  readonly group: number;
}

/** Maps of at most this many pixels are too small to keep the runtime's kernels busy one by one. Measured on MLAS. */
const smallMap = 64;

/** Whether the batch is better folded into the width; the kernel must be larger than a pixel and move by one. */
const isFoldable = ({ shapeX, shapeY, strides, group }: PlainConvolution): boolean =>
  shapeX.length === 4 &&
  group === 1 &&
  sizeOf(strides) === 1 &&
  dimAt(shapeX, 0) > 1 &&
  sizeOf(shapeY.slice(2)) <= smallMap;

/** Emits a Conv in the form that is fastest for its sizes, and returns the name of its value. */
export const emitConvolution = (assembly: Assembly, convolution: PlainConvolution, output?: string): string => {
  if (isFoldable(convolution)) return emitFolded(assembly, convolution, output);
  const { inputs, strides, dilations, pads, group } = convolution;
  const attributes = { ...windowAttributes(strides, dilations, pads), group: intAttribute(group) };
  return assembly.add('Conv', inputs, attributes, output);
};

/**
 * All images of the batch side by side, pixel by pixel: `[1, C, H, W·N]`, where the neighbour of a pixel is N cells
 * away. One large product then replaces N small ones that would each read all the weights.
 */
const emitFolded = (assembly: Assembly, convolution: PlainConvolution, output: string | undefined): string => {
  const { shapeX, shapeY, inputs, dilations, pads } = convolution;
  const [image = '', ...rest] = inputs;
  const batch = dimAt(shapeX, 0);
  const inward = assembly.add('Transpose', [image], { perm: intsAttribute([1, 2, 3, 0]) });
  const wide = reshape(assembly, inward, [1, dimAt(shapeX, 1), dimAt(shapeX, 2), dimAt(shapeX, 3) * batch]);
  const stretched = pads.map((pad, index) => (index % 2 === 0 ? pad : pad * batch));
  const attributes = windowAttributes([1, 1], [dimAt(dilations, 0), dimAt(dilations, 1) * batch], stretched);
  const made = assembly.add('Conv', [wide, ...rest], attributes);
  const split = reshape(assembly, made, [...shapeY.slice(1), batch]);
  return assembly.add('Transpose', [split], { perm: intsAttribute([3, 0, 1, 2]) }, output);
};
