import { intAttribute, intsAttribute } from '../attributes.ts';
import { dimAt } from '../model.ts';
import type { Convolution } from '../gradients/convolution-parts.ts';
import { windowAttributes } from '../gradients/convolution-parts.ts';
import { reshape, zeros } from '../gradients/rule.ts';
import { backwardFilter, forwardFilter, type BlockedKind, type Taps } from './filters.ts';
import { interleave } from './interleave.ts';
import type { BlockedValues } from './values.ts';

type Forward = Pick<Convolution, 'assembly' | 'shapeX' | 'shapeW' | 'group'>;

/** The kind of a convolution; undefined where its sizes do not fit the layout. */
export const blockedKind = ({ assembly, shapeX, shapeW, group }: Forward): BlockedKind | undefined => {
  const { blocked } = assembly;
  if (blocked === undefined || shapeX.length !== 4) return undefined;
  const [channels, outputs] = [dimAt(shapeX, 1), dimAt(shapeW, 0)];
  if (outputs % blocked.block !== 0) return undefined;
  if (group === 1 && channels < blocked.block) return 'image';
  if (channels % blocked.block !== 0) return undefined;
  if (group === 1) return 'full';
  return group === channels && group === outputs ? 'depthwise' : undefined;
};

/** Emits the forward pass. */
export const forwardBlocked = (
  blocked: BlockedValues,
  kind: BlockedKind,
  order: Omit<Convolution, 'dy'> & { readonly bias: string | undefined; readonly output: string },
): void => {
  const { assembly, x, w, shapeW, window, group, bias, output } = order;
  const { strides, dilations, before, after, kernel } = window;
  const weights = forwardFilter({ assembly, blocked, w, shapeW, kind });
  if (kind === 'image') blocked.settle([x]);
  const image = kind === 'image' ? x : blocked.of(x);
  const made = blocked.add('Conv', [image, weights, ...(bias === undefined ? [] : [bias])], {
    ...windowAttributes(strides, dilations, [...before, ...after]),
    kernel_shape: intsAttribute(kernel),
    group: intAttribute(group),
  });
  blocked.declare(output, made, dimAt(shapeW, 0));
};

/**
 * dX as a convolution of dY, blocked; undefined where the sizes do not allow it. A stride of s divides the image into
 * s·s grids of pixels, each of which has met a part of the taps only: one small convolution for each grid, and the grids
 * put together.
 */
export const inputGradientBlocked = (convolution: Convolution, kind: BlockedKind): string | undefined => {
  const { assembly, shapeX, shapeW, window, w } = convolution;
  const { blocked } = assembly;
  const rows = phasesOf(convolution, 0);
  const columns = phasesOf(convolution, 1);
  if (blocked === undefined || kind === 'image' || rows === undefined || columns === undefined) return undefined;
  const width = dimAt(window.kernel, 1);
  const grids = rows.map((row) =>
    columns.map((column) => {
      const taps = row.taps.flatMap((y) => column.taps.map((x) => y * width + x));
      if (taps.length === 0) return blockedZeros(convolution, blocked, row.size, column.size);
      const kernel: Taps = { taps, kernel: [row.taps.length, column.taps.length] };
      const turned = backwardFilter({ assembly, blocked, w, shapeW, kind }, kernel);
      return blocked.add('Conv', [blocked.of(convolution.dy), turned], {
        ...windowAttributes(
          [1, 1],
          [row.dilation, column.dilation],
          [row.before, column.before, row.after, column.after],
        ),
        kernel_shape: intsAttribute(kernel.kernel),
        group: intAttribute(convolution.group),
      });
    }),
  );
  const value = assembly.name();
  blocked.declare(value, interleave(assembly, blocked, grids, shapeX), dimAt(shapeX, 1));
  return value;
};

interface Phase {
  /** Indices of the taps that meet these pixels, the last first. */
  readonly taps: readonly number[];
  readonly dilation: number;
  /** Padding of dY before and after, not negative. */
  readonly before: number;
  readonly after: number;
  /** Pixels of the grid. */
  readonly size: number;
}

/** The grids along one axis; undefined where they are of unequal size or dY would have to be cut. */
const phasesOf = (convolution: Convolution, axis: number): readonly Phase[] | undefined => {
  const { window, shapeX } = convolution;
  const [stride, dilation] = [dimAt(window.strides, axis), dimAt(window.dilations, axis)];
  if (dimAt(shapeX, axis + 2) % stride !== 0 || (stride > 1 && dilation > 1)) return undefined;
  const phases = Array.from({ length: stride }, (_, residue) => phaseOf(convolution, axis, residue));
  return phases.every(({ before, after }) => before >= 0 && after >= 0) ? phases : undefined;
};

/** The pixels whose number leaves this residue; pixel i·s + residue meets tap t where (residue + pad − t) divides by s. */
const phaseOf = ({ window, shapeX, shapeY }: Convolution, axis: number, residue: number): Phase => {
  const [stride, dilation] = [dimAt(window.strides, axis), dimAt(window.dilations, axis)];
  const size = dimAt(shapeX, axis + 2) / stride;
  const shift = residue + dimAt(window.before, axis);
  const first = shift % stride;
  const taps = Array.from({ length: dimAt(window.kernel, axis) }, (_, tap) => tap).filter(
    (tap) => tap % stride === first,
  );
  if (taps.length === 0) return { taps, dilation, before: 0, after: 0, size };
  const offset = (shift - first) / stride;
  const before = (taps.length - 1) * dilation - offset;
  return { taps: taps.toReversed(), dilation, before, after: size + offset - dimAt(shapeY, axis + 2), size };
};

const blockedZeros = (
  { assembly, shapeX }: Convolution,
  blocked: BlockedValues,
  rows: number,
  columns: number,
): string => zeros(assembly, [dimAt(shapeX, 0) * (dimAt(shapeX, 1) / blocked.block) * rows * columns, blocked.block]);

/** dW of a depthwise convolution: each map with its own gradient as the kernel, added up over the batch. */
export const depthwiseWeightGradient = (
  convolution: Convolution,
  blocked: BlockedValues,
  behind: readonly number[],
): string => {
  const { assembly, x, dy, shapeX, shapeW, shapeY, window } = convolution;
  const { block, addPlain } = blocked;
  const [batch, channels] = [dimAt(shapeX, 0), dimAt(shapeX, 1)];
  const maps = batch * channels;
  const after = behind.map((cells) => Math.max(cells, 0));
  // Padded beforehand, since the kernel is slow where it reaches over the edge, and here it always does.
  const shape = [maps / block, dimAt(shapeX, 2), dimAt(shapeX, 3), block];
  const padded = addPlain('Pad', [
    addPlain('Reshape', [blocked.of(x), assembly.ints(shape)]),
    assembly.ints([0, ...window.before, 0, 0, ...after, 0]),
  ]);
  const sizes = [0, 1].map((axis) => dimAt(shapeX, axis + 2) + dimAt(window.before, axis) + dimAt(after, axis));
  const image = addPlain('Reshape', [padded, assembly.ints([1, maps, ...sizes])]);
  const kernel = addPlain('Reshape', [blocked.of(dy), assembly.ints([maps, 1, ...shapeY.slice(2)])]);
  const made = blocked.add('Conv', [image, kernel], {
    ...windowAttributes(window.dilations, window.strides, [0, 0, 0, 0]),
    kernel_shape: intsAttribute(shapeY.slice(2)),
    group: intAttribute(maps),
  });
  /** Places of the gradient over the image: the taps, and those that the stride left over. */
  const places = [0, 1].map(
    (axis) =>
      dimAt(window.kernel, axis) + Math.floor(Math.max(-dimAt(behind, axis), 0) / dimAt(window.dilations, axis)),
  );
  const [height, width] = [dimAt(shapeW, 2), dimAt(shapeW, 3)];
  const split = reshape(assembly, made, [batch, channels / block, ...places, block]);
  const sum = assembly.reduce('ReduceSum', split, [0], 'drop');
  const fits = behind.every((cells) => cells >= 0);
  const cut = fits
    ? sum
    : assembly.add('Slice', [sum, assembly.ints([0, 0]), assembly.ints([height, width]), assembly.ints([1, 2])]);
  return reshape(assembly, assembly.add('Transpose', [cut], { perm: intsAttribute([0, 3, 1, 2]) }), shapeW);
};
