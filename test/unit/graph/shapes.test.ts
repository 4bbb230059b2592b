import { describe, expect, test } from 'vitest';
import { GraphError } from '../../../sidecar/graph/graph-error.ts';
import type { Graph, Node, Tensor } from '../../../sidecar/graph/model.ts';
import { int64 } from '../../../sidecar/graph/model.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';

const node = (op: string, inputs: string[], output: string, attributes: Node['attributes'] = {}): Node => ({
  name: output,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

const graph = (
  nodes: readonly Node[],
  shape: readonly (number | string)[],
  initializers: readonly Tensor[] = [],
): Graph => ({
  name: 'test',
  nodes,
  inputs: [{ name: 'x', type: 'float32', shape }],
  outputs: [],
  initializers,
});

const int = (value: number) => ({ kind: 'int', value }) as const;

describe('shapes that a model computes for itself', () => {
  test('are followed through Shape, Gather, Unsqueeze, Concat and Reshape, as exporters write a flatten', () => {
    const flatten = graph(
      [
        node('Shape', ['x'], 'shape'),
        node('Gather', ['shape', 'first'], 'rows'),
        node('Unsqueeze', ['rows', 'axis'], 'rowsList'),
        node('Concat', ['rowsList', 'rest'], 'target', { axis: int(0) }),
        node('Reshape', ['x', 'target'], 'y'),
      ],
      ['N', 3, 4, 4],
      [int64('first', [], [0]), int64('axis', [1], [0]), int64('rest', [1], [-1])],
    );
    expect(inferShapes(flatten, { N: 5 }).get('y')?.shape).toEqual([5, 48]);
  });

  test('are followed through arithmetic, casts and slices', () => {
    const halves = graph(
      [
        node('Shape', ['x'], 'shape'),
        node('Slice', ['shape', 'two', 'four'], 'spatial'),
        node('Div', ['spatial', 'twos'], 'half'),
        node('Cast', ['half'], 'cast', { to: int(7) }),
        node('ConstantOfShape', ['cast'], 'y'),
      ],
      [1, 3, 10, 7],
      [int64('two', [1], [2]), int64('four', [1], [4]), int64('twos', [], [2])],
    );
    expect(inferShapes(halves, {}).get('y')).toMatchObject({ type: 'float32', shape: [5, 3] });
  });

  test('are refused where they depend on data', () => {
    const open = graph([node('Cast', ['x'], 'i', { to: int(7) }), node('Reshape', ['x', 'i'], 'y')], [2]);
    expect(() => inferShapes(open, {})).toThrow(/depends on data/);
  });
});

describe('shapes that do not fit are refused with the operator and both shapes', () => {
  test.each([
    ['Add', [2, 3], [4], 'cannot join [2, 3] and [4]'],
    ['MatMul', [2, 3], [4, 5], 'cannot multiply [2, 3] and [4, 5]'],
    ['Gemm', [2, 3], [4, 5], 'cannot multiply [2, 3] and [4, 5]'],
    ['Conv', [1, 3, 8, 8], [4, 2, 3, 3], 'weights [4, 2, 3, 3] do not fit [1, 3, 8, 8]'],
    ['Conv', [1, 3, 2, 2], [4, 3, 3, 3], 'window [3, 3] does not fit into [2, 2]'],
  ])('%s of %j and %j', (op, left, right, message) => {
    const wrong: Graph = {
      ...graph([node(op, ['x', 'w'], 'y')], left),
      inputs: [
        { name: 'x', type: 'float32', shape: left },
        { name: 'w', type: 'float32', shape: right },
      ],
    };
    expect(() => inferShapes(wrong, {})).toThrow(GraphError);
    expect(() => inferShapes(wrong, {})).toThrow(message);
  });

  test('Concat of values that differ beside its axis', () => {
    const wrong: Graph = {
      ...graph([node('Concat', ['x', 'w'], 'y', { axis: int(1) })], [2, 3]),
      inputs: [
        { name: 'x', type: 'float32', shape: [2, 3] },
        { name: 'w', type: 'float32', shape: [3, 3] },
      ],
    };
    expect(() => inferShapes(wrong, {})).toThrow('Concat cannot join [2, 3] and [3, 3]');
  });

  test('Reshape to another number of elements', () => {
    const wrong = graph([node('Reshape', ['x', 's'], 'y')], [2, 3], [int64('s', [2], [4, 2])]);
    expect(() => inferShapes(wrong, {})).toThrow('cannot turn [2, 3] into [4, 2]');
  });

  test('an operator that is not known, by its name', () => {
    expect(() => inferShapes(graph([node('Quux', ['x'], 'y')], [1]), {})).toThrow('operator Quux is not known here');
  });
});
