import { numberOf, textOf } from '../../../graph/attributes.ts';
import { typeOf } from '../../../graph/element-types.ts';
import { GraphError } from '../../../graph/graph-error.ts';
import type { ElementType, Node } from '../../../graph/model.ts';
import { axisOf } from '../../../graph/shapes/rule.ts';
import type { Operator, Operators, Tensorflow, Value } from './rule.ts';
import { valueAt } from './rule.ts';

const unary =
  (compute: (tf: Tensorflow, x: Value, node: Node) => Value): Operator =>
  (site) => [compute(site.tf, valueAt(site, 0), site.node)];

const binary =
  (compute: (tf: Tensorflow, a: Value, b: Value) => Value): Operator =>
  (site) => [compute(site.tf, valueAt(site, 0), valueAt(site, 1))];

/** Operators of any number of inputs, from left to right. */
const joined =
  (join: (tf: Tensorflow, a: Value, b: Value) => Value): Operator =>
  (site) => [site.node.inputs.map((_, index) => valueAt(site, index)).reduce((a, b) => join(site.tf, a, b))];

const mean: Operator = (site) => {
  const [sum] = joined((tf, a, b) => tf.add(a, b))(site);
  return sum === undefined ? [] : [site.tf.div(sum, site.node.inputs.length)];
};

/** Its result leads to no gradient; the library refuses to differentiate through a condition instead of skipping it. */
const condition =
  (compute: (tf: Tensorflow, a: Value, b: Value) => Value): Operator =>
  (site) => [untaught(site.tf, compute, valueAt(site, 0), valueAt(site, 1))];

const untaught = (
  tf: Tensorflow,
  compute: (tf: Tensorflow, a: Value, b: Value) => Value,
  left: Value,
  right: Value,
): Value =>
  tf.customGrad((a, b) => ({
    value: compute(tf, a as Value, b as Value),
    gradFunc: () => [tf.zerosLike(a as Value), tf.zerosLike(b as Value)],
  }))(left, right);

const below = (tf: Tensorflow, a: Value, b: Value): Value => untaught(tf, (_, x, y) => tf.less(x, y), a, b);

/** Both bounds may be left out; the gradient is 0 at a bound, as it is in graph/gradients. */
const clip: Operator = (site) => {
  const { tf, values } = site;
  const x = valueAt(site, 0);
  const [low, high] = [values[1], values[2]];
  const above = low === undefined ? x : tf.where(below(tf, low, x), x, low);
  return [high === undefined ? above : tf.where(below(tf, above, high), above, high)];
};

/** What the library calls the type; numbers of any width are int32 or float32 there. */
const typeNames: Partial<Readonly<Record<ElementType, 'float32' | 'int32' | 'bool'>>> = {
  float32: 'float32',
  float64: 'float32',
  int32: 'int32',
  int64: 'int32',
  uint8: 'int32',
  bool: 'bool',
};

/** The library's name of an element type; throws a GraphError for one that it does not have. */
export const typeNameOf = (type: ElementType | undefined, node?: Node): 'float32' | 'int32' | 'bool' => {
  const name = type && typeNames[type];
  if (name === undefined) throw new GraphError(`tensorflow.js has no ${type ?? 'such'} numbers.`, node?.name);
  return name;
};

const cast: Operator = (site) => [
  site.tf.cast(valueAt(site, 0), typeNameOf(typeOf(numberOf(site.node, 'to', 0)), site.node)),
];

/** Along one axis; the library's own goes along the last one only. */
const alongAxis =
  (compute: (tf: Tensorflow, x: Value) => Value): Operator =>
  (site) => {
    const { tf, node } = site;
    const x = valueAt(site, 0);
    const axis = axisOf(numberOf(node, 'axis', -1), x.rank);
    if (axis === x.rank - 1) return [compute(tf, x)];
    const order = Array.from({ length: x.rank }, (_, index) => index)
      .with(axis, x.rank - 1)
      .with(-1, axis);
    return [tf.transpose(compute(tf, tf.transpose(x, order)), order)];
  };

/** max(0, min(1, alpha·x + beta)). */
const ramp = (tf: Tensorflow, x: Value, alpha: number, beta: number): Value =>
  tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);

/** x·Φ(x), or the form with tanh; Hendrycks and Gimpel, "GELUs", 2016. */
const gelu = (tf: Tensorflow, x: Value, node: Node): Value => {
  if (textOf(node, 'approximate', 'none') !== 'tanh')
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const cubic = tf.add(x, tf.mul(tf.mul(x, tf.square(x)), 0.044715));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
};

/** alpha·(exp(x/width) − 1) below 0. */
const bent = (tf: Tensorflow, x: Value, alpha: number, width: number): Value =>
  tf.where(below(tf, tf.scalar(0), x), x, tf.mul(tf.expm1(tf.div(tf.minimum(x, 0), width)), alpha));

const elu = (tf: Tensorflow, x: Value, node: Node): Value => bent(tf, x, numberOf(node, 'alpha', 1), 1);

const celu = (tf: Tensorflow, x: Value, node: Node): Value => {
  const alpha = numberOf(node, 'alpha', 1);
  return bent(tf, x, alpha, alpha);
};

const selu = (tf: Tensorflow, x: Value, node: Node): Value =>
  tf.mul(bent(tf, x, numberOf(node, 'alpha', 1.6732632423543772), 1), numberOf(node, 'gamma', 1.0507009873554805));

const thresholdedRelu = (tf: Tensorflow, x: Value, node: Node): Value =>
  tf.where(below(tf, tf.scalar(numberOf(node, 'alpha', 1)), x), x, tf.zerosLike(x));

/** A mask that is drawn by the caller stands for dropping out; what is left of the operator does nothing. */
const dropout: Operator = (site) => [valueAt(site, 0)];

const where: Operator = (site) => [site.tf.where(valueAt(site, 0), valueAt(site, 1), valueAt(site, 2))];

const castLike: Operator = (site) => [site.tf.cast(valueAt(site, 0), valueAt(site, 1).dtype)];

export const elementwise: Operators = {
  Add: binary((tf, a, b) => tf.add(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  Div: binary((tf, a, b) => tf.div(a, b)),
  Pow: binary((tf, a, b) => tf.pow(a, b)),
  Mod: binary((tf, a, b) => tf.mod(a, b)),
  Sum: joined((tf, a, b) => tf.add(a, b)),
  Mean: mean,
  Max: joined((tf, a, b) => tf.maximum(a, b)),
  Min: joined((tf, a, b) => tf.minimum(a, b)),
  Equal: condition((tf, a, b) => tf.equal(a, b)),
  Greater: condition((tf, a, b) => tf.greater(a, b)),
  GreaterOrEqual: condition((tf, a, b) => tf.greaterEqual(a, b)),
  Less: condition((tf, a, b) => tf.less(a, b)),
  LessOrEqual: condition((tf, a, b) => tf.lessEqual(a, b)),
  And: condition((tf, a, b) => tf.logicalAnd(a, b)),
  Or: condition((tf, a, b) => tf.logicalOr(a, b)),
  Not: unary((tf, x) => tf.logicalNot(x)),
  Where: where,
  Identity: unary((tf, x) => tf.clone(x)),
  Cast: cast,
  CastLike: castLike,
  Dropout: dropout,
  Neg: unary((tf, x) => tf.neg(x)),
  Abs: unary((tf, x) => tf.abs(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Exp: unary((tf, x) => tf.exp(x)),
  Log: unary((tf, x) => tf.log(x)),
  Reciprocal: unary((tf, x) => tf.reciprocal(x)),
  Sin: unary((tf, x) => tf.sin(x)),
  Cos: unary((tf, x) => tf.cos(x)),
  Erf: unary((tf, x) => tf.erf(x)),
  Sign: unary((tf, x) => tf.sign(x)),
  Floor: unary((tf, x) => tf.floor(x)),
  Ceil: unary((tf, x) => tf.ceil(x)),
  Round: unary((tf, x) => tf.round(x)),
  Relu: unary((tf, x) => tf.relu(x)),
  LeakyRelu: unary((tf, x, node) => tf.leakyRelu(x, numberOf(node, 'alpha', 0.01))),
  PRelu: binary((tf, x, slope) => tf.prelu(x, slope)),
  Elu: unary(elu),
  Celu: unary(celu),
  Selu: unary(selu),
  ThresholdedRelu: unary(thresholdedRelu),
  Softsign: unary((tf, x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Mish: unary((tf, x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Clip: clip,
  Sigmoid: unary((tf, x) => tf.sigmoid(x)),
  Tanh: unary((tf, x) => tf.tanh(x)),
  Softplus: unary((tf, x) => tf.softplus(x)),
  Gelu: unary(gelu),
  HardSigmoid: unary((tf, x, node) => ramp(tf, x, numberOf(node, 'alpha', 0.2), numberOf(node, 'beta', 0.5))),
  HardSwish: unary((tf, x) => tf.mul(x, ramp(tf, x, 1 / 6, 0.5))),
  Softmax: alongAxis((tf, x) => tf.softmax(x)),
  LogSoftmax: alongAxis((tf, x) => tf.logSoftmax(x)),
};
