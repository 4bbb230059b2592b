import { numberOf, textOf } from '../../../graph/attributes.ts';
import { GraphError } from '../../../graph/graph-error.ts';
import { dimAt, sizeOf } from '../../../graph/model.ts';
import { rearrangements as shapeRules } from '../../../graph/shapes/rearrangements.ts';
import type { Cut } from '../../../graph/shapes/rearrangements.ts';
import { cutsOf, padsOf, permutationOf, splitLengths } from '../../../graph/shapes/rearrangements.ts';
import { axisOf, elementsAt, inputAt } from '../../../graph/shapes/rule.ts';
import type { Operator, Operators, Site, Tensorflow, Value } from './rule.ts';
import { valueAt } from './rule.ts';

/** The shape of the first output, as the shape rules say. */
const shapeAfter = (site: Site): number[] => [...(shapeRules[site.node.op]?.(site)[0]?.shape ?? [])];

const reshaped: Operator = (site) => [site.tf.reshape(valueAt(site, 0), shapeAfter(site))];

const axisAt = (site: Site): number => axisOf(numberOf(site.node, 'axis', 0), inputAt(site, 0).shape.length);

const transpose: Operator = (site) => {
  const x = valueAt(site, 0);
  return [site.tf.transpose(x, [...permutationOf(site.node, x.rank)])];
};

const concat: Operator = (site) => [
  site.tf.concat(
    site.node.inputs.map((_, index) => valueAt(site, index)),
    axisAt(site),
  ),
];

/** One axis of a Slice; with steps it gathers, since the library's slice with steps has no gradient. */
const cutAxis = (tf: Tensorflow, value: Value, { axis, start, step, length }: Cut): Value => {
  if (step === 1) {
    const begin = value.shape.map((_, index) => (index === axis ? start : 0));
    return tf.slice(value, begin, value.shape.with(axis, length));
  }
  const indices = Array.from({ length }, (_, index) => start + index * step);
  return tf.gather(value, tf.tensor1d(indices, 'int32'), axis);
};

/** By slices, since the library cannot differentiate a split of which a part is not read. */
const split: Operator = (site) => {
  const axis = axisAt(site);
  const lengths = splitLengths(site);
  return lengths.map((length, index) => {
    const start = lengths.slice(0, index).reduce((sum, before) => sum + before, 0);
    return cutAxis(site.tf, valueAt(site, 0), { axis, start, step: 1, length });
  });
};

const slice: Operator = (site) => [cutsOf(site).reduce((value, cut) => cutAxis(site.tf, value, cut), valueAt(site, 0))];

/** Negative pads cut off. */
const pad: Operator = (site) => {
  const { tf, node } = site;
  if (textOf(node, 'mode', 'constant') !== 'constant')
    throw new GraphError('A Pad has a gradient here only when it pads with a constant.', node.name);
  const x = valueAt(site, 0);
  const pads = padsOf(site);
  const kept = x.shape.map((dim, axis) => {
    const [before, after] = pads[axis] ?? [0, 0];
    return dim + Math.min(before, 0) + Math.min(after, 0);
  });
  const inner = tf.slice(
    x,
    pads.map(([before]) => Math.max(-before, 0)),
    kept,
  );
  const around = pads.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  return [tf.pad(inner, around, elementsAt(site, 2)?.[0] ?? 0)];
};

const expand: Operator = (site) => [site.tf.broadcastTo(valueAt(site, 0), shapeAfter(site))];

const tile: Operator = (site) => [site.tf.tile(valueAt(site, 0), [...(elementsAt(site, 1) ?? [])])];

/** Negative indices count from the end. */
const fromFront = (tf: Tensorflow, indices: Value, size: number): Value =>
  tf.where(tf.less(indices, tf.scalar(0, 'int32')), tf.add(indices, tf.scalar(size, 'int32')), indices);

const gather: Operator = (site) => {
  const axis = axisAt(site);
  const x = valueAt(site, 0);
  return [site.tf.gather(x, fromFront(site.tf, valueAt(site, 1), dimAt(x.shape, axis)), axis)];
};

/** Gathers from the flat tensor: where each element lies there follows from its index and its place. */
const gatherElements: Operator = (site) => {
  const { tf } = site;
  const [x, indices] = [valueAt(site, 0), valueAt(site, 1)];
  const axis = axisAt(site);
  const stride = (at: number) => sizeOf(x.shape.slice(at + 1));
  const along = tf.mul(fromFront(tf, indices, dimAt(x.shape, axis)), tf.scalar(stride(axis), 'int32'));
  const places = indices.shape.reduce((sum, size, at) => {
    if (at === axis) return sum;
    const steps = Array.from({ length: size }, (_, index) => index * stride(at));
    const dims = indices.shape.map((_, index) => (index === at ? size : 1));
    return tf.add(sum, tf.tensor(steps, dims, 'int32'));
  }, along);
  return [tf.gather(tf.reshape(x, [-1]), tf.cast(places, 'int32'))];
};

/** Nearest-neighbour enlargement by whole factors. */
const resize: Operator = (site) => {
  const { tf, node } = site;
  const x = valueAt(site, 0);
  const full = shapeAfter(site);
  const factors = x.shape.map((dim, axis) => dimAt(full, axis) / dim);
  const plain = textOf(node, 'coordinate_transformation_mode', 'half_pixel') !== 'align_corners';
  if (textOf(node, 'mode', 'nearest') !== 'nearest' || !plain || !factors.every(Number.isInteger))
    throw new GraphError(
      'A Resize has a gradient here only when it repeats pixels a whole number of times.',
      node.name,
    );
  return [factors.reduce((value, factor, axis) => repeatAlong(tf, value, axis, factor), x)];
};

const repeatAlong = (tf: Tensorflow, value: Value, axis: number, factor: number): Value => {
  if (factor === 1) return value;
  const indices = Array.from({ length: dimAt(value.shape, axis) * factor }, (_, index) => Math.floor(index / factor));
  return tf.gather(value, tf.tensor1d(indices, 'int32'), axis);
};

export const rearrangements: Operators = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  Resize: resize,
};
