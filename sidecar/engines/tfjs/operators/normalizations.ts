import { numberOf } from '../../../graph/attributes.ts';
import { sizeOf } from '../../../graph/model.ts';
import { axisOf } from '../../../graph/shapes/rule.ts';
import type { Operator, Operators, Site, Tensorflow, Value } from './rule.ts';
import { valueAt } from './rule.ts';

const epsilonOf = ({ node }: Site): number => numberOf(node, 'epsilon', 1e-5);

/** A `[C]` value in the shape that broadcasts over `[N, C, …]`. */
const byChannel = (tf: Tensorflow, value: Value, rank: number): Value =>
  tf.reshape(value, [1, -1, ...new Array<number>(rank - 2).fill(1)]);

/** By the statistics that it is given; training puts those of the batch there. */
const batch: Operator = (site) => {
  const { tf } = site;
  const x = valueAt(site, 0);
  const [scale, bias] = [valueAt(site, 1), valueAt(site, 2)];
  const [mean, variance] = [valueAt(site, 3), valueAt(site, 4)];
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilonOf(site))));
  const offset = tf.sub(bias, tf.mul(mean, factor));
  return [tf.add(tf.mul(x, byChannel(tf, factor, x.rank)), byChannel(tf, offset, x.rank))];
};

/** (x − mean)/√(variance + ε) over the axes. */
const normal = (tf: Tensorflow, x: Value, axes: number[], epsilon: number): Value => {
  const centred = tf.sub(x, tf.mean(x, axes, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon)));
};

const from = (start: number, rank: number): number[] =>
  Array.from({ length: rank - start }, (_, index) => start + index);

const layer: Operator = (site) => {
  const { tf, node, values } = site;
  const x = valueAt(site, 0);
  const axes = from(axisOf(numberOf(node, 'axis', -1), x.rank), x.rank);
  const scaled = tf.mul(normal(tf, x, axes, epsilonOf(site)), valueAt(site, 1));
  return [values[2] === undefined ? scaled : tf.add(scaled, values[2])];
};

const affine = (site: Site, value: Value): Value => {
  const { tf } = site;
  const scaled = tf.mul(value, byChannel(tf, valueAt(site, 1), value.rank));
  return tf.add(scaled, byChannel(tf, valueAt(site, 2), value.rank));
};

const instance: Operator = (site) => {
  const x = valueAt(site, 0);
  return [affine(site, normal(site.tf, x, from(2, x.rank), epsilonOf(site)))];
};

const group: Operator = (site) => {
  const { tf, node } = site;
  const x = valueAt(site, 0);
  const [rows = 1, channels = 1, ...spatial] = x.shape;
  const groups = numberOf(node, 'num_groups', 1);
  const view = tf.reshape(x, [rows, groups, (channels / groups) * sizeOf(spatial)]);
  return [affine(site, tf.reshape(normal(tf, view, [2], epsilonOf(site)), x.shape))];
};

export const normalizations: Operators = {
  BatchNormalization: batch,
  LayerNormalization: layer,
  InstanceNormalization: instance,
  GroupNormalization: group,
};
