import { numberOf } from '../../../graph/attributes.ts';
import { inputAt } from '../../../graph/shapes/rule.ts';
import { einsumTerms } from '../../../graph/shapes/products.ts';
import type { Matrix, Operator, Operators, Site, Tensorflow, Value } from './rule.ts';
import { valueAt } from './rule.ts';

/** Y = α·A'·B' + β·C, where ' transposes or not. */
const gemm: Operator = (site) => {
  const { tf, node, values } = site;
  const flag = (name: string) => numberOf(node, name, 0) === 1;
  const factor = (value: Value, name: string) => {
    const number = numberOf(node, name, 1);
    return number === 1 ? value : tf.mul(value, number);
  };
  const [a, b] = [valueAt(site, 0) as Matrix, valueAt(site, 1) as Matrix];
  const product = factor(tf.matMul(a, b, flag('transA'), flag('transB')), 'alpha');
  const bias = values[2];
  return [bias === undefined ? product : tf.add(product, factor(bias, 'beta'))];
};

/** The matrices of the batch, repeated where the batch is broadcast: the library's gradient would not sum them up. */
const repeated = (tf: Tensorflow, value: Value, batch: readonly number[]): Value =>
  value.rank - 2 === batch.length && batch.every((dim, axis) => dim === value.shape[axis])
    ? value
    : tf.broadcastTo(value, [...batch, ...value.shape.slice(-2)]);

/** A vector counts as a matrix of one row on the left and of one column on the right. */
const matMul: Operator = (site) => {
  const { tf } = site;
  const [left, right] = [valueAt(site, 0), valueAt(site, 1)];
  const a = left.rank === 1 ? tf.expandDims(left, 0) : left;
  const b = right.rank === 1 ? tf.expandDims(right, 1) : right;
  const rank = Math.max(a.rank, b.rank) - 2;
  const dimOf = (value: Value, axis: number) => value.shape[axis - rank + value.rank - 2] ?? 1;
  const batch = Array.from({ length: rank }, (_, axis) => Math.max(dimOf(a, axis), dimOf(b, axis)));
  const product = tf.matMul(repeated(tf, a, batch), repeated(tf, b, batch));
  const vectors = [...(left.rank === 1 ? [rank] : []), ...(right.rank === 1 ? [rank + 1] : [])];
  return [vectors.length === 0 ? product : tf.squeeze(product, vectors)];
};

/** The inputs over all letters at once, multiplied and then summed over the letters that the output lacks. */
const einsum: Operator = (site) => {
  const { tf } = site;
  const { inputs, output } = einsumTerms(site.node);
  const summed = [...new Set(Array.from(inputs.join('')))].filter((letter) => !output.includes(letter));
  const letters = [...Array.from(output), ...summed];
  const product = inputs.map((term, index) => overLetters(site, index, term, letters)).reduce((a, b) => tf.mul(a, b));
  return [
    tf.sum(
      product,
      summed.map((_, index) => output.length + index),
    ),
  ];
};

const overLetters = (site: Site, index: number, term: string, letters: readonly string[]): Value => {
  const { tf } = site;
  const present = letters.filter((letter) => term.includes(letter));
  const { shape } = inputAt(site, index);
  const ordered = tf.transpose(
    valueAt(site, index),
    present.map((letter) => term.indexOf(letter)),
  );
  return tf.reshape(
    ordered,
    letters.map((letter) => (term.includes(letter) ? (shape[term.indexOf(letter)] ?? 1) : 1)),
  );
};

export const products: Operators = { Gemm: gemm, MatMul: matMul, Einsum: einsum };
