import { expect, test } from 'vitest';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { differentiableOperators, recordForward } from '../../../sidecar/graph/differentiate.ts';
import type { Graph } from '../../../sidecar/graph/model.ts';
import { float32, int64, sizeOf } from '../../../sidecar/graph/model.ts';
import { createRandom } from '../../../sidecar/graph/random.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { caseNames, readCase } from './gradient-case.ts';
import { modelOf, runModel } from './run-graph.ts';
import type { SingleOperator } from './single-operator.ts';
import { backward, dot, forward, int, ints, outputShapeOf } from './single-operator.ts';

/** Inputs that keep their distance from one another and from 0, where operators have kinks. */
const spaced = (size: number, seed: number, sign: 'both' | 'positive'): Float32Array => {
  const { below } = createRandom(seed);
  const order = Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last -= 1) {
    const chosen = below(last + 1);
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return Float32Array.from(order, (rank) => (sign === 'both' && rank % 2 === 1 ? -1 : 1) * (0.4 + 0.1 * rank));
};

const x = { x: [3, 4] };
const axis = { axes: ints([1]), keepdims: int(0) };
const three = { a: [3, 4], b: [4], c: [3, 1] };

/** Operators that the fixtures of PyTorch do not have. */
const cases: readonly SingleOperator[] = [
  { op: 'Sum', inputs: three, attributes: {} },
  { op: 'Mean', inputs: three, attributes: {} },
  { op: 'Max', inputs: { a: [3, 4], b: [3, 4] }, attributes: {} },
  { op: 'Min', inputs: { a: [3, 4], b: [3, 4] }, attributes: {} },
  { op: 'Neg', inputs: x, attributes: {} },
  { op: 'Identity', inputs: x, attributes: {} },
  { op: 'Cast', inputs: x, attributes: { to: int(1) } },
  { op: 'CastLike', inputs: x, constants: [float32('like', [1], Float32Array.of(0))], attributes: {} },
  { op: 'Dropout', inputs: x, attributes: {} },
  { op: 'Selu', inputs: x, attributes: {} },
  { op: 'Celu', inputs: x, attributes: { alpha: { kind: 'float', value: 1.5 } } },
  { op: 'ThresholdedRelu', inputs: x, attributes: { alpha: { kind: 'float', value: 0.75 } } },
  { op: 'Softsign', inputs: x, attributes: {} },
  { op: 'Mish', inputs: x, attributes: {}, opset: 18 },
  { op: 'Sin', inputs: x, attributes: {} },
  { op: 'Cos', inputs: x, attributes: {} },
  { op: 'ReduceMin', inputs: x, attributes: axis },
  { op: 'ReduceL1', inputs: x, attributes: axis },
  { op: 'ReduceL2', inputs: x, attributes: axis },
  { op: 'ReduceProd', inputs: x, attributes: axis },
  { op: 'ReduceSumSquare', inputs: x, attributes: {} },
  { op: 'ReduceLogSumExp', inputs: x, attributes: axis },
  { op: 'GlobalMaxPool', inputs: { x: [1, 2, 2, 3] }, attributes: {} },
  {
    op: 'GatherElements',
    inputs: x,
    constants: [int64('indices', [2, 4], [0, 2, 1, 0, 0, 1, 1, 2])],
    attributes: { axis: int(0) },
  },
  { op: 'Squeeze', inputs: { x: [1, 3, 1] }, constants: [int64('axes', [1], [0])], attributes: {} },
  { op: 'Unsqueeze', inputs: x, constants: [int64('axes', [1], [1])], attributes: {} },
  { op: 'Flatten', inputs: { x: [2, 2, 3] }, attributes: { axis: int(2) } },
  { op: 'Reshape', inputs: x, constants: [int64('shape', [3], [2, -1, 3])], attributes: {} },
  { op: 'Tile', inputs: x, constants: [int64('repeats', [2], [2, 3])], attributes: {} },
];

const expectSlope = async (given: SingleOperator, sign: 'both' | 'positive'): Promise<void> => {
  const step = 0.01;
  const names = Object.keys(given.inputs);
  const values = Object.fromEntries(
    names.map((name, index) => [
      name,
      spaced(sizeOf(given.inputs[name]!), index + 1, sign).map((v) => v + 0.03 * index),
    ]),
  );
  const { normal } = createRandom(4);
  const dy = Float32Array.from({ length: sizeOf(outputShapeOf(given)) }, normal);
  const gradients = await backward(given, values, dy);
  for (const name of names) {
    const direction = values[name]!.map(() => Math.max(-1, Math.min(1, normal())));
    const along = async (by: number) =>
      dot(dy, await forward(given, { ...values, [name]: values[name]!.map((v, at) => v + by * direction[at]!) }));
    const slope = ((await along(step)) - (await along(-step))) / (2 * step);
    expect(Math.abs(dot(gradients[name]!, direction) - slope), `${given.op} by ${name}`).toBeLessThan(
      2e-3 * (1 + Math.abs(slope)),
    );
  }
};

test.each(cases)('the gradient of $op is its slope', (given) => expectSlope(given, 'both'));

test('the gradient of ReduceLogSum is its slope where the sum is positive', () =>
  expectSlope({ op: 'ReduceLogSum', inputs: x, attributes: axis }, 'positive'));

const steps = ['Sign', 'Floor', 'Ceil', 'Round'];

test.each(steps)('%s is flat wherever it has a slope, and passes no gradient on', async (op) => {
  const given: SingleOperator = { op, inputs: x, attributes: {} };
  expect(await backward(given, { x: spaced(12, 1, 'both') }, new Float32Array(12).fill(1))).toEqual({});
});

test('every operator with a gradient is tested here or against PyTorch', () => {
  const tested = new Set([...cases.map(({ op }) => op), ...caseNames.map((name) => readCase(name).op), ...steps]);
  expect(differentiableOperators.filter((op) => !tested.has(op))).toEqual(['ReduceLogSum']);
});

test('a value that several operators read gets the sum of what they give back', async () => {
  const node = (op: string, inputs: string[], output: string) => ({
    name: output,
    op,
    domain: '',
    inputs,
    outputs: [output],
    attributes: {},
  });
  const graph: Graph = {
    name: 'residual',
    nodes: [node('Relu', ['x'], 'r'), node('Mul', ['x', 'x'], 'square'), node('Sum', ['r', 'square', 'x'], 'y')],
    inputs: [{ name: 'x', type: 'float32', shape: [2] }],
    outputs: [],
    initializers: [],
  };
  const assembly = createAssembly('g.', 17);
  const shapes = inferShapes(graph, {});
  const gradients = recordForward({ graph, shapes, assembly, wanted: ['x'], mode: 'training' }).backward(
    new Map([['y', 'dy']]),
  );
  const output = gradients.get('x')!;
  const results = await runModel(
    modelOf({
      ...graph,
      nodes: assembly.nodes(),
      inputs: [...graph.inputs, { name: 'dy', type: 'float32', shape: [2] }],
      outputs: [{ name: output, type: 'float32', shape: [2] }],
      initializers: assembly.constants(),
    }),
    { x: Float32Array.of(3, -2), dy: Float32Array.of(1, 10) },
  );
  // 1 + 2·3 + 1 where x is positive, 2·(−2) + 1 where it is not, times dy.
  expect([...results[output]!]).toEqual([8, -30]);
});
