import { intsOf, numberOf } from '../../../graph/attributes.ts';
import { GraphError } from '../../../graph/graph-error.ts';
import { dimAt, sizeOf } from '../../../graph/model.ts';
import { inputAt } from '../../../graph/shapes/rule.ts';
import { windowOf } from '../../../graph/shapes/windows.ts';
import { fromImage, overImage, padImage, pairOf, toImage } from './images.ts';
import type { Image, Operator, Operators, Site, Tensorflow, Value } from './rule.ts';
import { valueAt } from './rule.ts';

const checkRank = ({ node }: Site, rank: number): void => {
  if (rank !== 3 && rank !== 4)
    throw new GraphError(
      `engine: tfjs knows ${node.op} over one or two spatial axes; this has ${rank - 2}. Use engine: onnx.`,
      node.name,
    );
};

/** Weights `[O, I, kh, kw]`, or of one axis, as `[kh, kw, I, O]`. */
const toKernel = (tf: Tensorflow, w: Value): Image =>
  tf.transpose(w.rank === 3 ? tf.expandDims(w, 2) : w, [2, 3, 1, 0]) as Image;

/**
 * The kernel with zeros between its taps: the library has no gradient of a convolution that is dilated. Of four axes
 * at most, since WebGPU cannot pad five.
 */
const dilate = (tf: Tensorflow, kernel: Image, dilations: readonly number[]): Image =>
  dilations.reduce<Value>((grown, dilation, axis) => {
    if (dilation === 1) return grown;
    const size = dimAt(grown.shape, axis);
    const [outer, inner] = [sizeOf(grown.shape.slice(0, axis)), sizeOf(grown.shape.slice(axis + 1))];
    const cells = tf.reshape(grown, [outer, size, 1, inner]);
    const gaps = [0, 0, dilation - 1, 0].map((after): [number, number] => [0, after]);
    const spread = tf.reshape(tf.pad(cells, gaps), [outer, size * dilation, inner]);
    const reach = (size - 1) * dilation + 1;
    const shape: number[] = grown.shape.with(axis, reach);
    return tf.reshape(tf.slice(spread, [0, 0, 0], [outer, reach, inner]), shape);
  }, kernel) as Image;

const withBias = (site: Site, y: Value): Value => {
  const bias = site.values[2];
  if (bias === undefined) return y;
  const { tf } = site;
  return tf.add(
    y,
    tf.reshape(
      bias,
      y.shape.map((dim, axis) => (axis === 1 ? dim : 1)),
    ),
  );
};

/** A convolution over an image that is padded already. */
interface Plain {
  readonly image: Image;
  /** `[kh, kw, I / group, O]`. */
  readonly kernel: Image;
  readonly strides: [number, number];
  readonly group: number;
}

const convolve = (tf: Tensorflow, { image, kernel, strides, group }: Plain): Image => {
  if (group === 1) return tf.conv2d(image, kernel, strides, 'valid');
  const channels = dimAt(image.shape, 3);
  const [height, width, , outputs] = kernel.shape;
  if (group === channels && strides[0] === strides[1]) {
    const taps = tf.reshape(kernel, [height, width, channels, outputs / channels]);
    return tf.depthwiseConv2d(image, taps as Image, strides, 'valid');
  }
  const kernels = groupsOf(tf, kernel, group);
  const parts = groupsOf(tf, image, group).map((part, index) =>
    tf.conv2d(part, kernels[index] ?? kernel, strides, 'valid'),
  );
  return tf.concat(parts, 3);
};

/** The last axis in equal parts; the library cannot differentiate a split into one. */
const groupsOf = (tf: Tensorflow, value: Image, group: number): readonly Image[] =>
  group === 1 ? [value] : tf.split(value, group, 3);

const conv: Operator = (site) => {
  const { tf, node } = site;
  const [x, w] = [valueAt(site, 0), valueAt(site, 1)];
  checkRank(site, x.rank);
  const window = overImage(windowOf(node, inputAt(site, 0).shape.slice(2), inputAt(site, 1).shape.slice(2)));
  const y = convolve(tf, {
    image: padImage(tf, toImage(tf, x), window, 0),
    kernel: dilate(tf, toKernel(tf, w), window.dilations),
    strides: pairOf(window.strides),
    group: numberOf(node, 'group', 1),
  });
  return [withBias(site, fromImage(tf, y, x.rank))];
};

/** Numbers of an attribute for both axes of an image. */
const numbersOf = (site: Site, name: string, otherwise: number): [number, number] => {
  const given = intsOf(site.node, name) ?? [];
  return valueAt(site, 0).rank === 3
    ? [otherwise, given[0] ?? otherwise]
    : [given[0] ?? otherwise, given[1] ?? otherwise];
};

/** Made at its full size, then cut by the pads. */
const convTranspose: Operator = (site) => {
  const { tf, node } = site;
  const [x, w] = [valueAt(site, 0), valueAt(site, 1)];
  checkRank(site, x.rank);
  const group = numberOf(node, 'group', 1);
  const [strides, extra] = [numbersOf(site, 'strides', 1), numbersOf(site, 'output_padding', 0)];
  const image = toImage(tf, x);
  const kernel = dilate(tf, toKernel(tf, w), numbersOf(site, 'dilations', 1));
  const full = [0, 1].map(
    (axis) =>
      (dimAt(image.shape, axis + 1) - 1) * dimAt(strides, axis) + dimAt(kernel.shape, axis) + dimAt(extra, axis),
  );
  const each = dimAt(kernel.shape, 2);
  const shape = (channels: number): [number, number, number, number] => [
    dimAt(image.shape, 0),
    dimAt(full, 0),
    dimAt(full, 1),
    channels,
  ];
  const kernels = groupsOf(tf, kernel, group);
  const parts = groupsOf(tf, image, group).map((part, index) =>
    tf.conv2dTranspose(part, kernels[index] ?? kernel, shape(each), strides, 'valid'),
  );
  const whole = tf.concat(parts, 3);
  const pads = intsOf(node, 'pads') ?? new Array<number>(2 * (x.rank - 2)).fill(0);
  const [top = 0, left = 0, bottom = 0, right = 0] = x.rank === 3 ? [0, pads[0], 0, pads[1]] : pads;
  const kept: [number, number] = [dimAt(full, 0) - top - bottom, dimAt(full, 1) - left - right];
  const cut = tf.slice4d(whole, [0, top, left, 0], [dimAt(image.shape, 0), ...kept, dimAt(whole.shape, 3)]);
  return [withBias(site, fromImage(tf, cut, x.rank))];
};

export const convolutions: Operators = { Conv: conv, ConvTranspose: convTranspose };
