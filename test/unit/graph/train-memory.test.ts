import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { float32, type Graph, type Node } from '../../../sidecar/graph/model.ts';
import { peakBytes } from '../../../sidecar/graph/memory.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { trainingBytes } from '../../../sidecar/graph/train-memory.ts';
import { build } from './models.ts';

const node = (op: string, inputs: readonly string[], output: string): Node => ({
  name: output,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});

/** Values of 1,000 numbers each, from `x` to `y`. */
const peakOf = (nodes: readonly Node[]): number => {
  const value = (name: string) => ({ name, type: 'float32' as const, shape: [1000] });
  const graph: Graph = {
    name: 'g',
    nodes,
    inputs: [value('x')],
    outputs: [value('y')],
    initializers: [float32('one', [], Float32Array.of(1))],
  };
  return peakBytes(graph, inferShapes(graph, {}));
};

describe('the most memory that the values of a graph take', () => {
  test('counts a value from its maker to its last reader', () => {
    // a lives until the end, b and c take turns.
    expect(
      peakOf([node('Sin', ['x'], 'a'), node('Sin', ['a'], 'b'), node('Sin', ['b'], 'c'), node('Add', ['c', 'a'], 'y')]),
    ).toBe(12_000);
    expect(peakOf([node('Sin', ['x'], 'a'), node('Sin', ['a'], 'b'), node('Sin', ['b'], 'y')])).toBe(8_000);
  });

  test('does not count inputs, outputs and initializers', () => {
    expect(peakOf([node('Add', ['x', 'one'], 'y')])).toBe(0);
  });

  test('counts an operator once that writes where its input was', () => {
    expect(peakOf([node('Sin', ['x'], 'a'), node('Relu', ['a'], 'b'), node('Sin', ['b'], 'y')])).toBe(4_000);
  });

  test('counts a view as the value that it shows', () => {
    expect(peakOf([node('Sin', ['x'], 'a'), node('Identity', ['a'], 'b'), node('Sin', ['b'], 'y')])).toBe(4_000);
  });
});

test('the estimate grows with the batch, evenly', () => {
  const model = build({ architecture: 'cnn', inputShape: [1, 28, 28], outputs: 10, params: {} });
  const bytes = [64, 128, 192].map((batch) =>
    trainingBytes(model, { batch, loss: 'cross_entropy', optimizer: { type: 'adam' } }),
  );
  expect(bytes[1]! - bytes[0]!).toBeGreaterThan(1e6);
  expect((bytes[2]! - bytes[1]!) / (bytes[1]! - bytes[0]!)).toBeCloseTo(1, 1);
});

test.each([
  ['cnn', 28, 256],
  ['mobilenetv2', 48, 16],
])(
  'the estimate for %s of images %i pixels wide, %i a batch, is what the process takes, to a third',
  (architecture, side, batch) => {
    const worker = path.join(import.meta.dirname, 'train-memory-worker.ts');
    const said = execFileSync(process.execPath, [worker, architecture, String(side), String(batch)], {
      encoding: 'utf8',
    });
    const { estimate, measured } = JSON.parse(said) as { estimate: number; measured: number };
    expect(estimate / measured).toBeGreaterThan(0.67);
    expect(estimate / measured).toBeLessThan(1.33);
  },
);
