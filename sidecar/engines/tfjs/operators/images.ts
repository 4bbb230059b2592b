import type { Window } from '../../../graph/shapes/windows.ts';
import { dimAt } from '../../../graph/model.ts';
import type { Image, Tensorflow, Value } from './rule.ts';

/** `[N, C, H, W]` as `[N, H, W, C]`. Values of one spatial axis get a height of 1. */
export const toImage = (tf: Tensorflow, x: Value): Image => {
  const full = x.rank === 3 ? tf.expandDims(x, 2) : x;
  return tf.transpose(full, [0, 2, 3, 1]) as Image;
};

/** Back to ONNX's order of axes, with as many axes as asked for. */
export const fromImage = (tf: Tensorflow, image: Image, rank: number): Value => {
  const x = tf.transpose(image, [0, 3, 1, 2]);
  return rank === 3 ? tf.squeeze(x, [2]) : x;
};

/** A window over one axis as one over an image of height 1. */
export const overImage = (window: Window): Window =>
  window.kernel.length === 2
    ? window
    : {
        kernel: [1, ...window.kernel],
        strides: [1, ...window.strides],
        dilations: [1, ...window.dilations],
        before: [0, ...window.before],
        after: [0, ...window.after],
        output: [1, ...window.output],
      };

/**
 * The image with as much around it as the windows read, so that they need no padding of their own: not every backend
 * knows padding that differs from side to side.
 */
export const padImage = (tf: Tensorflow, image: Image, window: Window, value: number): Image => {
  const around = window.kernel.map((size, axis): [number, number] => {
    const before = dimAt(window.before, axis);
    const span = (size - 1) * dimAt(window.dilations, axis) + 1;
    const reached = ((window.output[axis] ?? 1) - 1) * dimAt(window.strides, axis) + span;
    return [before, Math.max(reached - before - dimAt(image.shape, axis + 1), 0)];
  });
  const [rows = [0, 0], columns = [0, 0]] = around;
  if ([...rows, ...columns].every((cells) => cells === 0)) return image;
  return tf.pad(image, [[0, 0], rows, columns, [0, 0]], value);
};

/** Numbers of a window for both axes of an image, as the library types them. */
export const pairOf = (numbers: readonly number[]): [number, number] => [dimAt(numbers, 0), dimAt(numbers, 1)];
