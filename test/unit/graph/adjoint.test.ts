import fc from 'fast-check';
import { expect, test } from 'vitest';
import { float32, int64, sizeOf } from '../../../sidecar/graph/model.ts';
import { createRandom } from '../../../sidecar/graph/random.ts';
import type { SingleOperator } from './single-operator.ts';
import { backward, dot, forward, int, ints, outputShapeOf } from './single-operator.ts';

/**
 * For an operator that is linear in an input x, the gradient dx satisfies ⟨dx, v⟩ = ⟨dy, op(v)⟩ for every v: the
 * gradient is the transpose of the operator. So the forward operator itself is the oracle.
 */
const expectTranspose = async (given: SingleOperator): Promise<void> => {
  const { normal } = createRandom(9);
  const draw = (shape: readonly number[]) => Float32Array.from({ length: sizeOf(shape) }, normal);
  const values = Object.fromEntries(Object.entries(given.inputs).map(([name, shape]) => [name, draw(shape)]));
  const dy = draw(outputShapeOf(given));
  const gradients = await backward(given, values, dy);
  for (const [name, shape] of Object.entries(given.inputs)) {
    const direction = draw(shape);
    const y = await forward(given, { ...values, [name]: direction });
    const scale = Math.sqrt(dot(dy, dy) * dot(y, y)) + 1e-3;
    const difference = dot(gradients[name]!, direction) - dot(dy, y);
    expect(Math.abs(difference) / scale, `${given.op} by ${name}`).toBeLessThan(1e-5);
  }
};

const between = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(between(min, max), between(min, max));

test('Conv: any size, channels, group, kernel, stride, dilation and padding', async () => {
  const cases = fc.record({
    batch: between(1, 3),
    group: between(1, 3),
    each: between(1, 9),
    filters: between(1, 3),
    size: pair(1, 10),
    kernel: pair(1, 4),
    strides: pair(1, 3),
    dilations: fc.oneof(fc.constant([1, 1] as [number, number]), pair(1, 2)),
    pads: fc.tuple(pair(0, 3), pair(0, 3)),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ batch, group, each, filters, size, kernel, strides, dilations, pads }) => {
      const [before, after] = pads;
      const reach = kernel.map((cells, axis) => (cells - 1) * dilations[axis]! + 1);
      fc.pre(size.every((cells, axis) => cells + before[axis]! + after[axis]! >= reach[axis]!));
      await expectTranspose({
        op: 'Conv',
        inputs: { x: [batch, group * each, ...size], w: [group * filters, each, ...kernel] },
        attributes: {
          group: int(group),
          strides: ints(strides),
          dilations: ints(dilations),
          pads: ints([...before, ...after]),
        },
      });
    }),
    { numRuns: 150 },
  );
});

test('Conv with automatic padding and in one dimension', async () => {
  for (const mode of ['SAME_UPPER', 'SAME_LOWER', 'VALID'])
    await expectTranspose({
      op: 'Conv',
      inputs: { x: [2, 9, 7, 8], w: [3, 9, 3, 2] },
      attributes: { auto_pad: { kind: 'string', value: mode }, strides: ints([2, 2]) },
    });
  await expectTranspose({
    op: 'Conv',
    inputs: { x: [2, 3, 9], w: [4, 3, 3] },
    attributes: { strides: ints([2]), pads: ints([1, 0]) },
  });
});

test('ConvTranspose: any stride, padding and output padding', async () => {
  const cases = fc.record({
    channels: pair(1, 9),
    size: pair(1, 5),
    kernel: pair(1, 4),
    strides: pair(1, 3),
    extra: pair(0, 2),
    pad: between(0, 1),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ channels, size, kernel, strides, extra, pad }) => {
      fc.pre(extra.every((cells, axis) => cells < strides[axis]!));
      fc.pre(size.every((cells, axis) => (cells - 1) * strides[axis]! + extra[axis]! + kernel[axis]! - 2 * pad >= 1));
      await expectTranspose({
        op: 'ConvTranspose',
        inputs: { x: [2, channels[0], ...size], w: [channels[0], channels[1], ...kernel] },
        attributes: {
          strides: ints(strides),
          output_padding: ints(extra),
          pads: ints([pad, pad, pad, pad]),
        },
      });
    }),
    { numRuns: 60 },
  );
});

test('AveragePool: any window, padding counted or not', async () => {
  const cases = fc.record({
    size: pair(2, 9),
    kernel: pair(2, 3),
    strides: pair(1, 3),
    pad: between(0, 1),
    counted: between(0, 1),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ size, kernel, strides, pad, counted }) => {
      fc.pre(size.every((cells, axis) => cells + 2 * pad >= kernel[axis]!));
      await expectTranspose({
        op: 'AveragePool',
        inputs: { x: [2, 3, ...size] },
        attributes: {
          kernel_shape: ints(kernel),
          strides: ints(strides),
          pads: ints([pad, pad, pad, pad]),
          count_include_pad: int(counted),
        },
      });
    }),
    { numRuns: 60 },
  );
});

test('MatMul: any ranks that broadcast, vectors among them', async () => {
  const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[3], [3]],
    [[3], [3, 4]],
    [[2, 3], [3]],
    [
      [2, 3],
      [3, 4],
    ],
    [
      [5, 2, 3],
      [3, 4],
    ],
    [[5, 2, 3], [3]],
    [[3], [5, 3, 2]],
    [
      [2, 1, 2, 3],
      [4, 3, 2],
    ],
  ];
  for (const [a, b] of shapes) await expectTranspose({ op: 'MatMul', inputs: { a, b }, attributes: {} });
});

test('Gemm: every transposition and factor', async () => {
  for (const [transA, transB] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const)
    await expectTranspose({
      op: 'Gemm',
      inputs: { a: transA === 1 ? [3, 2] : [2, 3], b: transB === 1 ? [4, 3] : [3, 4] },
      attributes: { transA: int(transA), transB: int(transB), alpha: { kind: 'float', value: 0.5 } },
    });
});

test('Slice: any start, end and step, from either end', async () => {
  const cut = fc.record({ start: between(-8, 8), end: between(-8, 8), step: fc.constantFrom(-3, -2, -1, 1, 2, 3) });
  await fc.assert(
    fc.asyncProperty(cut, cut, async (first, second) => {
      const cuts = [first, second];
      const list = (name: string, values: readonly number[]) => int64(name, [2], values);
      const given: SingleOperator = {
        op: 'Slice',
        inputs: { x: [7, 2, 6] },
        constants: [
          list(
            'starts',
            cuts.map(({ start }) => start),
          ),
          list(
            'ends',
            cuts.map(({ end }) => end),
          ),
          list('axes', [0, -1]),
          list(
            'steps',
            cuts.map(({ step }) => step),
          ),
        ],
        attributes: {},
      };
      fc.pre(sizeOf(outputShapeOf(given)) > 0);
      await expectTranspose(given);
    }),
    { numRuns: 80 },
  );
});

test('Pad, Expand, Tile, Transpose, Flatten, Unsqueeze and Gather on any axis', async () => {
  const x = { x: [2, 3, 4] };
  const list = (name: string, values: readonly number[]) => int64(name, [values.length], values);
  const cases: readonly SingleOperator[] = [
    { op: 'Pad', inputs: x, constants: [list('pads', [1, 0, 2, 0, 1, 3])], attributes: {} },
    { op: 'Pad', inputs: x, constants: [list('pads', [0, -1, 0, 0, 0, -2])], attributes: {} },
    { op: 'Expand', inputs: { x: [3, 1] }, constants: [list('shape', [2, 1, 4])], attributes: {} },
    { op: 'Tile', inputs: x, constants: [list('repeats', [2, 1, 3])], attributes: {} },
    { op: 'Transpose', inputs: x, attributes: { perm: ints([1, 2, 0]) } },
    { op: 'Transpose', inputs: x, attributes: {} },
    { op: 'Flatten', inputs: x, attributes: { axis: int(2) } },
    { op: 'Unsqueeze', inputs: x, constants: [list('axes', [0, -1])], attributes: {} },
    { op: 'Squeeze', inputs: { x: [1, 3, 1] }, constants: [list('axes', [0])], attributes: {} },
    { op: 'ReduceMean', inputs: x, attributes: { axes: ints([-1]), keepdims: int(0) } },
    { op: 'GlobalAveragePool', inputs: { x: [2, 3, 4, 5] }, attributes: {} },
  ];
  for (const given of cases) await expectTranspose(given);
  for (const axis of [0, 1, -1]) {
    const indices = int64('indices', [2, 2], [1, 0, 1, -1]);
    await expectTranspose({ op: 'Gather', inputs: x, constants: [indices], attributes: { axis: int(axis) } });
  }
});

test('BatchNormalization of an affine form keeps its epsilon of 0 through a file', async () => {
  const ones = float32('one', [3], new Float32Array(3).fill(1));
  const constants = [
    float32('scale', [3], Float32Array.of(2, -1, 0.5)),
    float32('zero', [3], new Float32Array(3)),
    float32('mean', [3], new Float32Array(3)),
    ones,
  ];
  const given: SingleOperator = {
    op: 'BatchNormalization',
    inputs: { x: [1, 3, 1, 1] },
    constants,
    attributes: { epsilon: { kind: 'float', value: 0 } },
  };
  expect([...(await forward(given, { x: Float32Array.of(1, 1, 1) }))]).toEqual([2, -1, 0.5]);
});
