import type { Assembly } from '../assembly.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { dimAt, sizeOf } from '../model.ts';
import { reshape } from '../gradients/rule.ts';

/**
 * How a convolution can run on blocked channels. `full`: all channels with all; `depthwise`: each with its own kernel;
 * `image`: a plain picture of fewer channels than a block to blocked maps.
 */
export type BlockedKind = 'full' | 'depthwise' | 'image';

const blockOf = ({ blocked }: Assembly): number => blocked?.block ?? 1;

const turned = (assembly: Assembly, value: string, perm: readonly number[]): string =>
  assembly.add('Transpose', [value], { perm: intsAttribute(perm) });

/** Weights `[O, I, kh, kw]` as the kernels on blocked channels read them: `[O/b, I/b, kh, kw, b of I, b of O]`. */
export const blockedWeights = (assembly: Assembly, w: string, shapeW: readonly number[]): string => {
  const b = blockOf(assembly);
  const [outputs, inputs] = [dimAt(shapeW, 0), dimAt(shapeW, 1)];
  const split = reshape(assembly, w, [outputs / b, b, inputs / b, b, sizeOf(shapeW.slice(2))]);
  return reshape(assembly, turned(assembly, split, [0, 2, 4, 3, 1]), shapeW);
};

/** Weights `[C, 1, kh, kw]` of a depthwise convolution: `[C/b, kh, kw, b]`. */
export const depthwiseWeights = (assembly: Assembly, w: string, shapeW: readonly number[]): string => {
  const b = blockOf(assembly);
  const split = reshape(assembly, w, [dimAt(shapeW, 0) / b, b, sizeOf(shapeW.slice(2))]);
  return reshape(assembly, turned(assembly, split, [0, 2, 1]), shapeW);
};

/** Weights `[O, I, kh, kw]` for a plain image: `[O/b, I, kh, kw, b]`. */
export const imageWeights = (assembly: Assembly, w: string, shapeW: readonly number[]): string => {
  const b = blockOf(assembly);
  const split = reshape(assembly, w, [dimAt(shapeW, 0) / b, b, sizeOf(shapeW.slice(1))]);
  return reshape(assembly, turned(assembly, split, [0, 2, 1]), shapeW);
};

/** Some taps of a kernel, in the order in which they make a new one of the given size. */
export interface Taps {
  readonly taps: readonly number[];
  readonly kernel: readonly number[];
}

interface Weights {
  readonly shapeW: readonly number[];
  readonly kind: BlockedKind;
}

/** From blocked weights those that take dY back: inputs and outputs exchanged, and only the taps that are named. */
export const exchangedWeights = (
  assembly: Assembly,
  weights: string,
  { shapeW, kind }: Weights,
  { taps, kernel }: Taps,
): string => {
  const b = blockOf(assembly);
  const [outputs, inputs] = [dimAt(shapeW, 0), dimAt(shapeW, 1)];
  const all = sizeOf(shapeW.slice(2));
  const shape = kind === 'depthwise' ? [outputs / b, all, b] : [outputs / b, inputs / b, all, b, b];
  const axis = shape.lastIndexOf(all, shape.length - (kind === 'depthwise' ? 2 : 3));
  const split = reshape(assembly, weights, shape);
  const inOrder = taps.length === all && taps.every((tap, index) => tap === index);
  const chosen = inOrder ? split : assembly.add('Gather', [split, assembly.ints(taps)], { axis: intAttribute(axis) });
  if (kind === 'depthwise') return reshape(assembly, chosen, [outputs, 1, ...kernel]);
  return reshape(assembly, turned(assembly, chosen, [1, 0, 2, 4, 3]), [inputs, outputs, ...kernel]);
};
