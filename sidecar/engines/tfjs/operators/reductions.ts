import { numberOf } from '../../../graph/attributes.ts';
import { reducedAxes } from '../../../graph/shapes/reductions.ts';
import type { Operator, Operators, Tensorflow, Value } from './rule.ts';
import { valueAt } from './rule.ts';

/**
 * The largest or smallest element along axes, which are kept as 1. Its gradient goes in equal shares to all elements
 * that are the extreme, as in PyTorch; the library's own gives the whole of it to each.
 */
export const extreme = (tf: Tensorflow, value: Value, axes: number[], which: 'max' | 'min'): Value =>
  tf.customGrad((given) => {
    const x = given as Value;
    const y = tf[which](x, axes, true);
    const share = (dy: Value): Value => {
      const equal = tf.cast(tf.equal(x, y), 'float32');
      return tf.mul(equal, tf.div(dy, tf.sum(equal, axes, true)));
    };
    return { value: y, gradFunc: share };
  })(value);

/** Reduces over axes that are kept as 1. */
type Reduce = (tf: Tensorflow, x: Value, axes: number[]) => Value;

const reducing =
  (reduce: Reduce): Operator =>
  (site) => {
    const { tf, node } = site;
    const x = valueAt(site, 0);
    const axes = [...reducedAxes(site)];
    if (axes.length === 0) return [tf.clone(x)];
    const kept = reduce(tf, x, axes);
    return [numberOf(node, 'keepdims', 1) === 1 ? kept : tf.squeeze(kept, axes)];
  };

export const reductions: Operators = {
  ReduceSum: reducing((tf, x, axes) => tf.sum(x, axes, true)),
  ReduceMean: reducing((tf, x, axes) => tf.mean(x, axes, true)),
  ReduceMax: reducing((tf, x, axes) => extreme(tf, x, axes, 'max')),
  ReduceMin: reducing((tf, x, axes) => extreme(tf, x, axes, 'min')),
  ReduceProd: reducing((tf, x, axes) => tf.prod(x, axes, true)),
  ReduceSumSquare: reducing((tf, x, axes) => tf.sum(tf.square(x), axes, true)),
  ReduceL1: reducing((tf, x, axes) => tf.sum(tf.abs(x), axes, true)),
  ReduceL2: reducing((tf, x, axes) => tf.sqrt(tf.sum(tf.square(x), axes, true))),
  ReduceLogSum: reducing((tf, x, axes) => tf.log(tf.sum(x, axes, true))),
  ReduceLogSumExp: reducing((tf, x, axes) => tf.logSumExp(x, axes, true)),
};
