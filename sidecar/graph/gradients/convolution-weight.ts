import type { Assembly } from '../assembly.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { blockedKind, depthwiseWeightGradient } from '../blocked/convolution.ts';
import { channelsFirst } from '../blocked/filters.ts';
import type { BlockedValues } from '../blocked/values.ts';
import { dimAt, sizeOf } from '../model.ts';
import type { Convolution } from './convolution-parts.ts';
import { exchange, windowAttributes } from './convolution-parts.ts';
import { reshape } from './rule.ts';

/** Below this many channels the image folded into rows is too narrow to be fast. Measured on MLAS. */
const fewChannels = 8;

/** dW, by the fastest recipe that fits. */
export const weightGradient = (convolution: Convolution): string => {
  const { window, group, shapeX, shapeW } = convolution;
  const { kernel, dilations, before, after } = window;
  const { blocked } = convolution.assembly;
  const kind = blockedKind(convolution);
  if (blocked !== undefined && kind === 'depthwise')
    return depthwiseWeightGradient(convolution, blocked, surplus(convolution));
  const plain = shapeW.length === 4 && group === 1 && sizeOf(dilations) === 1;
  if (!plain) return byGroups(convolution);
  const padded = [...before, ...after].some((pad) => pad > 0);
  if (sizeOf(kernel) === 1 && !padded) return byPixel(convolution);
  return dimAt(shapeX, 1) < fewChannels ? byTaps(convolution) : byFoldedImage(convolution);
};

/** dY as `[O, N·Ho·Wo]`. */
const outputRows = ({ assembly, dy, shapeY }: Convolution): string => {
  const [batch = 1, outputs = 1, ...spatial] = shapeY;
  return reshape(assembly, exchange(assembly, dy, shapeY.length), [outputs, batch * sizeOf(spatial)]);
};

/** The pixels that the tap at the offset meets, one a step, of an image `[…, …, H, W]` that is padded already. */
const tapOf = ({ assembly, window }: Convolution, image: string, offset: readonly number[]): string => {
  const ends = offset.map((at, axis) => at + ((window.output[axis] ?? 1) - 1) * (window.strides[axis] ?? 1) + 1);
  const axes = offset.map((_, axis) => axis + 2);
  return assembly.add('Slice', [
    image,
    assembly.ints(offset),
    assembly.ints(ends),
    assembly.ints(axes),
    assembly.ints(window.strides),
  ]);
};

/** A 1x1 kernel: one product of dY `[O, K]` and X `[C, K]` over the K pixels. */
const byPixel = (convolution: Convolution): string => {
  const { assembly, x, shapeX, shapeW, window } = convolution;
  const channels = shapeX[1] ?? 1;
  const pixels = (shapeX[0] ?? 1) * sizeOf(window.output);
  const { blocked } = assembly;
  if (blocked !== undefined && blockedKind(convolution) === 'full') return byBlockedPixel(convolution, blocked);
  const met = window.strides.every((stride) => stride === 1) ? x : tapOf(convolution, x, [0, 0]);
  const rows = reshape(assembly, exchange(assembly, met, 4), [channels, pixels]);
  const product = assembly.add('Gemm', [outputRows(convolution), rows], { transB: intAttribute(1) });
  return reshape(assembly, product, shapeW);
};

/** The same from blocked values, which turn into rows of pixels faster than into planes. */
const byBlockedPixel = (convolution: Convolution, blocked: BlockedValues): string => {
  const { assembly, x, dy, shapeX, shapeW, window } = convolution;
  const [outputs, channels] = [dimAt(shapeW, 0), dimAt(shapeX, 1)];
  const pixels = dimAt(shapeX, 0) * sizeOf(window.output);
  const rows = blocked.pixels(x, channels);
  const met = window.strides.every((stride) => stride === 1)
    ? rows
    : assembly.add('Slice', [
        rows,
        assembly.ints([0, 0]),
        assembly.ints(shapeX.slice(2)),
        assembly.ints([1, 2]),
        assembly.ints(window.strides),
      ]);
  const product = assembly.add(
    'Gemm',
    [reshape(assembly, blocked.pixels(dy, outputs), [pixels, outputs]), reshape(assembly, met, [pixels, channels])],
    { transA: intAttribute(1) },
  );
  return reshape(assembly, product, shapeW);
};

/** Few channels: the pixels of all taps one below the other, `[kh·kw·C, K]`, and one product with dY. */
const byTaps = (convolution: Convolution): string => {
  const { assembly, x, shapeX, shapeW, window } = convolution;
  const [outputs = 1, channels = 1, height = 1, width = 1] = shapeW;
  const image = exchange(assembly, x, 4);
  const pads = [0, 0, ...window.before, 0, 0, ...window.after];
  const padded = pads.every((pad) => pad === 0) ? image : assembly.add('Pad', [image, assembly.ints(pads)]);
  const pixels = (shapeX[0] ?? 1) * sizeOf(window.output);
  const offsets = Array.from({ length: height * width }, (_, tap) => [Math.floor(tap / width), tap % width]);
  const taps = offsets.map((offset) => reshape(assembly, tapOf(convolution, padded, offset), [channels, pixels]));
  const rows = assembly.add('Concat', taps, { axis: intAttribute(0) });
  const product = assembly.add('Gemm', [outputRows(convolution), rows], { transB: intAttribute(1) });
  const split = reshape(assembly, product, [outputs, height * width, channels]);
  return reshape(assembly, assembly.add('Transpose', [split], { perm: intsAttribute([0, 2, 1]) }), shapeW);
};

/**
 * Cells to add behind an axis so that dY, laid over the image, fits in exactly as many places as the kernel is wide.
 * Negative where the stride left pixels over; the surplus places are then cut off.
 */
const surplus = ({ window, shapeX }: Convolution): readonly number[] =>
  window.output.map((size, axis) => {
    const reached = (size - 1) * (window.strides[axis] ?? 1) + 1;
    const wanted = reached + ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1);
    return wanted - (shapeX[axis + 2] ?? 0) - (window.before[axis] ?? 0);
  });

const cutTo = (assembly: Assembly, value: string, axes: readonly number[], lengths: readonly number[]): string =>
  assembly.add('Slice', [value, assembly.ints(axes.map(() => 0)), assembly.ints(lengths), assembly.ints(axes)]);

/**
 * One convolution for all taps: the batch plays the channels, dY the kernel, and the channels lie side by side in
 * the width, so that the result is wide enough for the runtime's kernels to be fast.
 */
const byFoldedImage = (convolution: Convolution): string => {
  const { assembly, x, dy, shapeX, shapeW, window } = convolution;
  const [batch, channels, rows, columns] = [dimAt(shapeX, 0), dimAt(shapeX, 1), dimAt(shapeX, 2), dimAt(shapeX, 3)];
  const [outputs, height, width] = [dimAt(shapeW, 0), dimAt(shapeW, 2), dimAt(shapeW, 3)];
  const [strideY, strideX] = [dimAt(window.strides, 0), dimAt(window.strides, 1)];
  const [top, left] = [dimAt(window.before, 0), dimAt(window.before, 1)];
  const behind = surplus(convolution);
  const [bottom, right] = [dimAt(behind, 0), dimAt(behind, 1)];
  const blocked = blockedKind(convolution) === 'full' ? assembly.blocked : undefined;
  const inward =
    blocked !== undefined
      ? blocked.pixels(x, channels)
      : assembly.add('Transpose', [x], { perm: intsAttribute([0, 2, 3, 1]) });
  const image = reshape(assembly, inward, [1, batch, rows, columns * channels]);
  const pads = [top, left * channels, Math.max(bottom, 0), Math.max(right, 0) * channels];
  const raw = assembly.add(
    'Conv',
    [image, exchange(assembly, dy, 4)],
    windowAttributes([1, 1], [strideY, strideX * channels], pads),
  );
  const fits = bottom >= 0 && right >= 0;
  const taps = fits ? raw : cutTo(assembly, raw, [2, 3], [height, width * channels]);
  const split = reshape(assembly, taps, [outputs, height, width, channels]);
  return blocked === undefined
    ? assembly.add('Transpose', [split], { perm: intsAttribute([0, 3, 1, 2]) })
    : channelsFirst(blocked, split, channels);
};

/**
 * Any group, stride, dilation and number of axes: a grouped convolution in which the batch plays the channels of
 * each group and dY the kernel; what were strides are dilations, and the other way round.
 */
const byGroups = (convolution: Convolution): string => {
  const { assembly, x, dy, shapeX, shapeW, group, window } = convolution;
  const [batch = 1, channels = 1, ...spatial] = shapeX;
  const each = channels / group;
  const axes = spatial.map((_, index) => index + 3);
  const split = reshape(assembly, x, [batch, group, each, ...spatial]);
  const turned = assembly.add('Transpose', [split], { perm: intsAttribute([2, 1, 0, ...axes]) });
  const image = reshape(assembly, turned, [each, group * batch, ...spatial]);
  const behind = surplus(convolution);
  const pads = [...window.before, ...behind.map((cells) => Math.max(cells, 0))];
  const raw = assembly.add('Conv', [image, exchange(assembly, dy, shapeX.length)], {
    ...windowAttributes(window.dilations, window.strides, pads),
    group: intAttribute(group),
  });
  const fits = behind.every((cells) => cells >= 0);
  const taps = fits
    ? raw
    : cutTo(
        assembly,
        raw,
        axes.map((axis) => axis - 1),
        shapeW.slice(2),
      );
  return exchange(assembly, taps, shapeX.length);
};
