import { numberOf } from '../../../graph/attributes.ts';
import { GraphError } from '../../../graph/graph-error.ts';
import { dimAt } from '../../../graph/model.ts';
import { inputAt } from '../../../graph/shapes/rule.ts';
import type { Window } from '../../../graph/shapes/windows.ts';
import { windowOf } from '../../../graph/shapes/windows.ts';
import { fromImage, overImage, padImage, pairOf, toImage } from './images.ts';
import { extreme } from './reductions.ts';
import type { Image, Operator, Operators, Site, Value } from './rule.ts';
import { valueAt } from './rule.ts';

const windowAt = (site: Site): Window => {
  const { node } = site;
  const spatial = inputAt(site, 0).shape.slice(2);
  if (spatial.length < 1 || spatial.length > 2)
    throw new GraphError(
      `engine: tfjs knows ${node.op} over one or two spatial axes; this has ${spatial.length}. Use engine: onnx.`,
      node.name,
    );
  const window = overImage(windowOf(node, spatial));
  if (window.dilations.some((dilation) => dilation !== 1))
    throw new GraphError(`engine: tfjs has no dilated ${node.op}. Use engine: onnx.`, node.name);
  return window;
};

/** Below every number that a value can have, and finite, since not every backend knows infinity. */
const lowest = -3.4028234663852886e38;

const maxPool: Operator = (site) => {
  const { tf } = site;
  const x = valueAt(site, 0);
  const window = windowAt(site);
  const image = padImage(tf, toImage(tf, x), window, lowest);
  return [fromImage(tf, tf.maxPool(image, pairOf(window.kernel), pairOf(window.strides), 'valid'), x.rank)];
};

/**
 * The library's average counts what is padded. Divided by the average of ones it counts the pixels alone, and the
 * padding where the node says so; what a last window reads beyond the padding never counts.
 */
const averagePool: Operator = (site) => {
  const { tf, node } = site;
  const x = valueAt(site, 0);
  const window = windowAt(site);
  const average = (image: Image, within: Window): Image =>
    tf.avgPool(padImage(tf, image, within, 0), pairOf(window.kernel), pairOf(window.strides), 'valid');
  const image = toImage(tf, x);
  const ones: Image = tf.ones([1, dimAt(image.shape, 1), dimAt(image.shape, 2), 1]);
  const padded = numberOf(node, 'count_include_pad', 0) === 1;
  const sides = window.before.map((before, axis): [number, number] => [before, window.after[axis] ?? 0]);
  const counted = padded ? tf.pad(ones, [[0, 0], ...sides, [0, 0]], 1) : ones;
  const covered = average(counted, padded ? { ...window, before: [0, 0] } : window);
  return [fromImage(tf, tf.div(average(image, window), covered), x.rank)];
};

const pixelAxes = ({ rank }: Value): number[] => Array.from({ length: rank - 2 }, (_, index) => index + 2);

export const pooling: Operators = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (site) => [site.tf.mean(valueAt(site, 0), pixelAxes(valueAt(site, 0)), true)],
  GlobalMaxPool: (site) => [extreme(site.tf, valueAt(site, 0), pixelAxes(valueAt(site, 0)), 'max')],
};
