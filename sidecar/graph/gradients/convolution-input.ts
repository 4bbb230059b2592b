import { intAttribute, intsAttribute } from '../attributes.ts';
import { dimAt, sizeOf } from '../model.ts';
import type { Window } from '../shapes/windows.ts';
import type { Convolution } from './convolution-parts.ts';
import { windowAttributes } from './convolution-parts.ts';
import type { PlainConvolution } from './emit-convolution.ts';
import { emitConvolution } from './emit-convolution.ts';

/**
 * dX. At stride 1 it is a convolution of dY with the weights turned around, which runs as fast as the forward pass;
 * otherwise the transposed convolution, whose output padding makes up for the pixels that the stride left over.
 */
export const inputGradient = (convolution: Convolution): string => {
  const { assembly, dy, window, group } = convolution;
  const { strides, dilations, before, after } = window;
  const full = reachOf(window);
  const pads = [...before, ...after].map((pad, index) => dimAt(full, index % full.length) - pad);
  const turnable = strides.every((stride) => stride === 1) && pads.every((pad) => pad >= 0);
  if (!turnable || (group > 1 && !isDepthwise(convolution))) return transposedConvolution(convolution);
  const turned: PlainConvolution = {
    inputs: [dy, turnedWeights(convolution)],
    shapeX: convolution.shapeY,
    shapeY: convolution.shapeX,
    strides,
    dilations,
    pads,
    group,
  };
  return emitConvolution(assembly, turned);
};

/** Cells from the first to the last tap of the kernel, along each axis. */
const reachOf = ({ kernel, dilations }: Window): readonly number[] =>
  kernel.map((size, axis) => (size - 1) * dimAt(dilations, axis));

const transposedConvolution = ({ assembly, dy, w, window, group, shapeX, shapeY }: Convolution): string => {
  const { strides, dilations, before, after } = window;
  const full = reachOf(window);
  const extra = shapeX.slice(2).map((size, axis) => {
    const reached = (dimAt(shapeY, axis + 2) - 1) * dimAt(strides, axis) + dimAt(full, axis) + 1;
    return size - reached + dimAt(before, axis) + dimAt(after, axis);
  });
  return assembly.add('ConvTranspose', [dy, w], {
    ...windowAttributes(strides, dilations, [...before, ...after]),
    output_padding: intsAttribute(extra),
    group: intAttribute(group),
  });
};

const isDepthwise = ({ group, shapeX, shapeW }: Convolution): boolean => group === shapeX[1] && group === shapeW[0];

/** Weights with every spatial axis reversed and, except for depthwise ones, inputs and outputs exchanged. */
const turnedWeights = (convolution: Convolution): string => {
  const { assembly, w, window, group, shapeW } = convolution;
  const spatial = shapeW.slice(2).map((_, index) => index + 2);
  const perm = intsAttribute([1, 0, ...spatial]);
  const exchanged = group === 1 ? assembly.add('Transpose', [w], { perm }) : w;
  if (sizeOf(window.kernel) === 1) return exchanged;
  const all = (value: number) => assembly.ints(spatial.map(() => value));
  // An end before the first element; -1 would mean the last one.
  return assembly.add('Slice', [exchanged, all(-1), all(-(2 ** 31)), assembly.ints(spatial), all(-1)]);
};
