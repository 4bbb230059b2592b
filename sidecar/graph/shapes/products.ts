import { numberOf, textOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import type { Node } from '../model.ts';
import type { ShapeRule } from './rule.ts';
import { broadcast, inputAt, shown } from './rule.ts';

const gemm: ShapeRule = (request) => {
  const { node } = request;
  const [a, b] = [inputAt(request, 0), inputAt(request, 1)];
  const [rows = 0, inner = 0] = numberOf(node, 'transA', 0) === 0 ? a.shape : a.shape.toReversed();
  const [depth = 0, columns = 0] = numberOf(node, 'transB', 0) === 0 ? b.shape : b.shape.toReversed();
  if (a.shape.length !== 2 || b.shape.length !== 2 || inner !== depth)
    throw new GraphError(`Gemm cannot multiply ${shown(a.shape)} and ${shown(b.shape)}.`, node.name);
  return [{ type: a.type, shape: [rows, columns] }];
};

const matMul: ShapeRule = (request) => {
  const { node } = request;
  const [a, b] = [inputAt(request, 0), inputAt(request, 1)];
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  if (left.length < 2 || right.length < 2 || left.at(-1) !== right.at(-2))
    throw new GraphError(`MatMul cannot multiply ${shown(a.shape)} and ${shown(b.shape)}.`, node.name);
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2), node);
  const rows = a.shape.length === 1 ? [] : left.slice(-2, -1);
  const columns = b.shape.length === 1 ? [] : right.slice(-1);
  return [{ type: a.type, shape: [...batch, ...rows, ...columns] }];
};

/** The terms of an equation such as `bij,bjk->bik`: one text a tensor. Ellipses are not supported. */
export const einsumTerms = (node: Node): { readonly inputs: readonly string[]; readonly output: string } => {
  const equation = textOf(node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  if (right === undefined || equation.includes('.'))
    throw new GraphError(`The Einsum equation “${equation}” is not supported.`, node.name);
  return { inputs: left.split(','), output: right };
};

const einsum: ShapeRule = (request) => {
  const { inputs, output } = einsumTerms(request.node);
  const sizes = new Map<string, number>();
  for (const [index, term] of inputs.entries())
    for (const [at, letter] of Array.from(term).entries()) sizes.set(letter, inputAt(request, index).shape[at] ?? 0);
  return [{ type: inputAt(request, 0).type, shape: Array.from(output).map((letter) => sizes.get(letter) ?? 0) }];
};

export const products: Readonly<Record<string, ShapeRule>> = { Gemm: gemm, MatMul: matMul, Einsum: einsum };
