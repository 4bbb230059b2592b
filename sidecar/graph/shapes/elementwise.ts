import { numberOf } from '../attributes.ts';
import { typeOf } from '../element-types.ts';
import { GraphError } from '../graph-error.ts';
import type { ElementType } from '../model.ts';
import { combined } from './known-elements.ts';
import type { Known, ShapeRequest, ShapeRule } from './rule.ts';
import { broadcast, inputAt } from './rule.ts';

const same: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  return [{ type, shape }];
};

const sameElements: ShapeRule = (request) => [inputAt(request, 0)];

const present = ({ inputs }: ShapeRequest): readonly Known[] => inputs.filter((input) => input !== undefined);

const joined = (request: ShapeRequest): readonly number[] =>
  present(request).reduce<readonly number[]>((shape, input) => broadcast(shape, input.shape, request.node), []);

const arithmetic =
  (compute: (a: number, b: number, type: ElementType) => number): ShapeRule =>
  (request) => {
    const { type } = inputAt(request, 0);
    const shape = joined(request);
    return [{ type, shape, ...combined(request.inputs, shape, (a = 0, b = 0) => compute(a, b, type)) }];
  };

const divide = (a: number, b: number, type: ElementType): number =>
  type === 'float32' || type === 'float64' ? a / b : Math.trunc(a / b);

const comparison =
  (compute: (a: number, b: number) => boolean): ShapeRule =>
  (request) => {
    const shape = joined(request);
    return [{ type: 'bool', shape, ...combined(request.inputs, shape, (a = 0, b = 0) => Number(compute(a, b))) }];
  };

const variadic =
  (compute: (...values: readonly number[]) => number): ShapeRule =>
  (request) => {
    const shape = joined(request);
    return [{ type: inputAt(request, 0).type, shape, ...combined(request.inputs, shape, compute) }];
  };

/** Operators of one input whose results shapes are computed with. */
const unaryOn =
  (compute: (value: number) => number): ShapeRule =>
  (request) => {
    const { type, shape, elements } = inputAt(request, 0);
    return [{ type, shape, ...(elements && { elements: elements.map(compute) }) }];
  };

const cast: ShapeRule = (request) => {
  const to = typeOf(numberOf(request.node, 'to', 0));
  if (to === undefined) throw new GraphError('A Cast has no type that is supported.', request.node.name);
  const { shape, elements } = inputAt(request, 0);
  const whole = to === 'int64' || to === 'int32';
  return [{ type: to, shape, ...(elements && { elements: whole ? elements.map(Math.trunc) : elements }) }];
};

const where: ShapeRule = (request) => {
  const shape = joined(request);
  const chosen = combined(request.inputs, shape, (condition = 0, yes = 0, no = 0) => (condition === 0 ? no : yes));
  return [{ type: inputAt(request, 1).type, shape, ...chosen }];
};

const dropout: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  return [
    { type, shape },
    { type: 'bool', shape },
  ];
};

const unary =
  'Relu LeakyRelu PRelu Clip Sigmoid Tanh Gelu HardSwish HardSigmoid Elu Selu Celu Softplus Softsign Softmax LogSoftmax Exp Log Reciprocal Erf Sign Sin Cos LayerNormalization InstanceNormalization GroupNormalization LRN Hardmax Mish ThresholdedRelu';

export const elementwise: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(unary.split(' ').map((op) => [op, same])),
  Identity: sameElements,
  CastLike: (request) => [{ ...inputAt(request, 0), type: inputAt(request, 1).type }],
  BatchNormalization: same,
  Dropout: dropout,
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic(divide),
  Mod: arithmetic((a, b) => ((a % b) + b) % b),
  Pow: arithmetic((a, b) => a ** b),
  Max: variadic(Math.max),
  Min: variadic(Math.min),
  Sum: variadic((...values) => values.reduce((sum, value) => sum + value, 0)),
  Mean: variadic((...values) => values.reduce((sum, value) => sum + value, 0) / values.length),
  Abs: unaryOn(Math.abs),
  Neg: unaryOn((value) => -value),
  Sqrt: unaryOn(Math.sqrt),
  Floor: unaryOn(Math.floor),
  Ceil: unaryOn(Math.ceil),
  // To the even neighbour where both are as near.
  Round: unaryOn((value) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value))),
  Not: unaryOn((value) => Number(value === 0)),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  And: comparison((a, b) => a !== 0 && b !== 0),
  Or: comparison((a, b) => a !== 0 || b !== 0),
  Where: where,
  Cast: cast,
};
