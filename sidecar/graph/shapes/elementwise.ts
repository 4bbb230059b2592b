import { numberOf } from '../attributes.ts';
import { typeOf } from '../element-types.ts';
import { GraphError } from '../graph-error.ts';
import type { ElementType } from '../model.ts';
import { sizeOf } from '../model.ts';
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

const elementOf = (input: Known, index: number): number =>
  input.elements?.[input.elements.length === 1 ? 0 : index] ?? 0;

/** Elements of arithmetic on known values; only scalars and equal sizes, which is what shapes are made of. */
const computed = (request: ShapeRequest, shape: readonly number[], compute: (a: number, b: number) => number) => {
  const [a, b] = request.inputs;
  const size = sizeOf(shape);
  const fits = (input: Known | undefined) => input?.elements?.length === 1 || input?.elements?.length === size;
  if (a === undefined || b === undefined || !fits(a) || !fits(b)) return {};
  return { elements: Array.from({ length: size }, (_, index) => compute(elementOf(a, index), elementOf(b, index))) };
};

const arithmetic =
  (compute: (a: number, b: number, type: ElementType) => number): ShapeRule =>
  (request) => {
    const { type } = inputAt(request, 0);
    const shape = joined(request);
    return [{ type, shape, ...computed(request, shape, (a, b) => compute(a, b, type)) }];
  };

const divide = (a: number, b: number, type: ElementType): number =>
  type === 'float32' || type === 'float64' ? a / b : Math.trunc(a / b);

const comparison =
  (compute: (a: number, b: number) => boolean): ShapeRule =>
  (request) => {
    const shape = joined(request);
    return [{ type: 'bool', shape, ...computed(request, shape, (a, b) => Number(compute(a, b))) }];
  };

const variadic: ShapeRule = (request) => [{ type: inputAt(request, 0).type, shape: joined(request) }];

const cast: ShapeRule = (request) => {
  const to = typeOf(numberOf(request.node, 'to', 0));
  if (to === undefined) throw new GraphError('A Cast has no type that is supported.', request.node.name);
  const { shape, elements } = inputAt(request, 0);
  const whole = to === 'int64' || to === 'int32';
  return [{ type: to, shape, ...(elements && { elements: whole ? elements.map(Math.trunc) : elements }) }];
};

const where: ShapeRule = (request) => {
  const shape = joined(request);
  const [condition, yes, no] = [inputAt(request, 0), inputAt(request, 1), inputAt(request, 2)];
  const known = condition.elements && yes.elements && no.elements;
  const elements = Array.from({ length: known ? sizeOf(shape) : 0 }, (_, index) =>
    elementOf(elementOf(condition, index) === 0 ? no : yes, index),
  );
  return [{ type: yes.type, shape, ...(known && { elements }) }];
};

const dropout: ShapeRule = (request) => {
  const { type, shape } = inputAt(request, 0);
  return [
    { type, shape },
    { type: 'bool', shape },
  ];
};

const unary =
  'Relu LeakyRelu PRelu Clip Sigmoid Tanh Gelu HardSwish HardSigmoid Elu Selu Celu Softplus Softsign Softmax LogSoftmax Abs Neg Sqrt Exp Log Reciprocal Erf Sign Sin Cos Floor Ceil Round Not LayerNormalization InstanceNormalization GroupNormalization LRN Hardmax Mish ThresholdedRelu';

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
  Max: variadic,
  Min: variadic,
  Sum: variadic,
  Mean: variadic,
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
