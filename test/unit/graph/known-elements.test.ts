import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Graph, Node, Tensor } from '../../../sidecar/graph/model.ts';
import { float32, int64, sizeOf } from '../../../sidecar/graph/model.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { modelOf, runModel } from './run-graph.ts';

type Attributes = Node['attributes'];
const ints = (value: readonly number[]) => ({ kind: 'ints', value }) as const;
const int = (value: number) => ({ kind: 'int', value }) as const;

/** Values that tell every element from the others, and their place from their neighbours'. */
const counting = (name: string, dims: readonly number[]): Tensor =>
  float32(
    name,
    dims,
    Float32Array.from({ length: sizeOf(dims) }, (_, index) => ((index * 7) % 11) - 4 + index / 4),
  );
const whole = (name: string, values: readonly number[]): Tensor => int64(name, [values.length], values);

/** What is known of an operator's result beforehand, and what ONNX Runtime computes. */
const both = async (op: string, inputs: readonly Tensor[], attributes: Attributes = {}) => {
  const names = inputs.map(({ name }) => name);
  const node: Node = { name: op, op, domain: '', inputs: names, outputs: ['y'], attributes };
  const graph: Graph = {
    name: op,
    nodes: [node],
    inputs: [{ name: 'unused', type: 'float32', shape: [1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [], unranked: true }],
    initializers: inputs,
  };
  const known = inferShapes(graph, {}).get('y');
  const { y } = await runModel(modelOf(graph), { unused: Float32Array.of(0) });
  return { known: known?.elements?.map(Math.fround), computed: [...y!], size: sizeOf(known?.shape ?? []) };
};

const expectKnown = async (op: string, inputs: readonly Tensor[], attributes: Attributes = {}): Promise<void> => {
  const { known, computed, size } = await both(op, inputs, attributes);
  expect(size, op).toBe(computed.length);
  expect(known, op).toEqual(computed);
};

const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
const runs = { numRuns: 40 };

test('elements that are followed through a Transpose, Slice, Tile, Expand and Gather are those that are computed', async () => {
  await fc.assert(
    fc.asyncProperty(shape, fc.nat(), async (dims, seed) => {
      const x = counting('x', dims);
      const axis = seed % dims.length;
      const size = dims[axis]!;
      const order = dims.map((_, index) => (index + seed) % dims.length);
      await expectKnown('Transpose', [x], { perm: ints(order) });
      await expectKnown('Tile', [
        x,
        whole(
          'repeats',
          dims.map((_, index) => 1 + ((seed + index) % 3)),
        ),
      ]);
      await expectKnown('Expand', [counting('x', dims.with(axis, 1)), whole('to', [2, ...dims])]);
      await expectKnown('Gather', [x, int64('at', [2, 2], [0, size - 1, -1, seed % size])], { axis: int(axis) });
      const step = seed % 2 === 0 ? 1 : -1;
      const ends = step > 0 ? [0, size] : [size - 1, -size - 1];
      await expectKnown('Slice', [
        x,
        whole('from', [ends[0]!]),
        whole('to', [ends[1]!]),
        whole('on', [axis]),
        whole('by', [step]),
      ]);
    }),
    runs,
  );
});

test('elements of values that are broadcast are those that are computed', async () => {
  await fc.assert(
    fc.asyncProperty(shape, fc.nat(), async (dims, seed) => {
      const [x, z] = [
        counting('x', dims),
        counting(
          'z',
          dims.slice(seed % dims.length).map((dim, at) => (at === 0 ? 1 : dim)),
        ),
      ];
      for (const op of ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Sum', 'Mean']) await expectKnown(op, [x, z]);
    }),
    runs,
  );
});

test.each(['Abs', 'Neg', 'Floor', 'Ceil', 'Round'])('elements of %s are those that are computed', (op) =>
  expectKnown(op, [float32('x', [6], Float32Array.of(-2.5, -1.5, -0.25, 0.5, 1.5, 2.75))]),
);

test('nothing is followed through values as large as weights', async () => {
  const { known } = await both('Add', [counting('x', [40, 40]), counting('z', [1])]);
  expect(known).toBeUndefined();
});
