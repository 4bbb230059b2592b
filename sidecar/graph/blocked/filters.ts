import type { Assembly } from '../assembly.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { dimAt, sizeOf } from '../model.ts';
import { reshape } from '../gradients/rule.ts';
import type { BlockedValues } from './values.ts';

/**
 * How a convolution can run on blocked channels. `full`: all channels with all; `depthwise`: each with its own kernel;
 * `image`: a plain picture of fewer channels than a block to blocked maps.
 */
export type BlockedKind = 'full' | 'depthwise' | 'image';

/** Weights `[O, I/group, kh, kw]` of a convolution and the layout that they are wanted in. */
export interface Filter {
  readonly assembly: Assembly;
  readonly blocked: BlockedValues;
  readonly w: string;
  readonly shapeW: readonly number[];
  readonly kind: BlockedKind;
}

/**
 * Weights as the kernels read them: `[O/b, I/b, kh, kw, b of I, b of O]` for all channels, `[C/b, kh, kw, b]` for
 * depthwise ones, `[O/b, I, kh, kw, b]` for an image. The runtime's own turning of values does most of it, since it is
 * many times faster than a general transposition.
 */
export const forwardFilter = (filter: Filter): string => {
  const { assembly, blocked, shapeW, kind } = filter;
  const taps = sizeOf(shapeW.slice(2));
  const [outputs, inputs] = [dimAt(shapeW, 0), dimAt(shapeW, 1)];
  const outer = turnedOver(filter, [1, outputs, inputs * taps]);
  if (kind !== 'full' || taps === 1) return reshape(assembly, outer, shapeW);
  const split = reshape(assembly, outer, [
    (outputs / blocked.block) * (inputs / blocked.block),
    blocked.block,
    taps,
    blocked.block,
  ]);
  return reshape(assembly, transposed(assembly, split, [0, 2, 1, 3]), shapeW);
};

/** Some taps of a kernel, in the order in which they make a new one of the given size. */
export interface Taps {
  readonly taps: readonly number[];
  readonly kernel: readonly number[];
}

/** The weights that take dY back: inputs and outputs exchanged, and only the taps that are named. */
export const backwardFilter = (filter: Filter, { taps, kernel }: Taps): string => {
  const { assembly, blocked, shapeW, kind } = filter;
  const { block } = blocked;
  const all = sizeOf(shapeW.slice(2));
  const [outputs, inputs] = [dimAt(shapeW, 0), dimAt(shapeW, 1)];
  const inOrder = taps.length === all && taps.every((tap, index) => tap === index);
  const chosen = (value: string, axis: number) =>
    inOrder ? value : assembly.add('Gather', [value, assembly.ints(taps)], { axis: intAttribute(axis) });
  if (kind === 'depthwise') {
    const turned = reshape(assembly, turnedOver(filter, [1, outputs, all]), [outputs / block, all, block]);
    return reshape(assembly, chosen(turned, 1), [outputs, 1, ...kernel]);
  }
  const turned = turnedOver(filter, [outputs, inputs, all]);
  const split = reshape(assembly, turned, [outputs / block, block, inputs / block, all, block]);
  const exchanged = transposed(assembly, chosen(split, 3), [2, 0, 3, 1, 4]);
  return reshape(assembly, exchanged, [inputs, outputs, ...kernel]);
};

/** The weights seen as `[N, C, cells]`, with blocks of C side by side. */
const turnedOver = ({ assembly, blocked, w }: Filter, [rows = 1, channels = 1, cells = 1]: readonly number[]): string =>
  blocked.add('ReorderInput', [reshape(assembly, w, [rows, channels, 1, cells])]);

const transposed = (assembly: Assembly, value: string, perm: readonly number[]): string =>
  assembly.add('Transpose', [value], { perm: intsAttribute(perm) });

/** `[N, H, W, C]` to `[N, C, H, W]` by way of blocked channels, which is faster than a general transposition. */
export const channelsFirst = (blocked: BlockedValues, value: string, channels: number): string =>
  blocked.add('ReorderOutput', [blocked.add('ReorderInput', [value], { channels_last: intAttribute(1) })], {
    channels: intAttribute(channels),
    channels_last: intAttribute(0),
  });
