import { numberOf } from '../attributes.ts';
import type { ElementType, Node } from '../model.ts';
import type { ShapeRequest, ShapeRule } from './rule.ts';
import { axisOf, inputAt, listAt } from './rule.ts';

const reduced = (node: Node, shape: readonly number[], axes: ReadonlySet<number>): readonly number[] =>
  numberOf(node, 'keepdims', 1) === 1
    ? shape.map((dim, index) => (axes.has(index) ? 1 : dim))
    : shape.filter((_, index) => !axes.has(index));

/** The axes of a Reduce operator, counted from the front; all of them where it names none. */
export const reducedAxes = (request: ShapeRequest): readonly number[] => {
  const rank = inputAt(request, 0).shape.length;
  const given = listAt(request, 'axes', 1) ?? [];
  if (given.length > 0) return given.map((axis) => axisOf(axis, rank)).toSorted((a, b) => a - b);
  const all = numberOf(request.node, 'noop_with_empty_axes', 0) === 0;
  return Array.from({ length: all ? rank : 0 }, (_, index) => index);
};

const reduce: ShapeRule = (request) => {
  const { type, shape, elements } = inputAt(request, 0);
  const known = request.node.op === 'ReduceProd' && shape.length === 1 && elements !== undefined;
  return [
    {
      type,
      shape: reduced(request.node, shape, new Set(reducedAxes(request))),
      ...(known && { elements: [elements.reduce((product, element) => product * element, 1)] }),
    },
  ];
};

const locate: ShapeRule = (request) => {
  const { shape } = inputAt(request, 0);
  const axis = axisOf(numberOf(request.node, 'axis', 0), shape.length);
  const type: ElementType = 'int64';
  return [{ type, shape: reduced(request.node, shape, new Set([axis])) }];
};

const loss: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  return [
    { type, shape: [] },
    { type, shape },
  ];
};

const reducing =
  'ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceSumSquare ReduceL1 ReduceL2 ReduceLogSumExp ReduceLogSum';

export const reductions: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(reducing.split(' ').map((op) => [op, reduce])),
  ArgMax: locate,
  ArgMin: locate,
  SoftmaxCrossEntropyLoss: loss,
};
