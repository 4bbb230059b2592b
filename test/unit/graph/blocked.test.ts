import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blockedChannels } from '../../../sidecar/engines/onnx/blocked-channels.ts';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { floatAttribute } from '../../../sidecar/graph/attributes.ts';
import { fuseBlocked } from '../../../sidecar/graph/blocked/fuse.ts';
import { recordForward } from '../../../sidecar/graph/differentiate.ts';
import type { Attributes, Graph, Node, Tensor, ValueInfo } from '../../../sidecar/graph/model.ts';
import { blockedDomain, float32, sizeOf } from '../../../sidecar/graph/model.ts';
import { withoutUnread } from '../../../sidecar/graph/prune.ts';
import { createRandom } from '../../../sidecar/graph/random.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { modelOf, relativeError, runModel } from './run-graph.ts';
import { int, ints } from './single-operator.ts';

const block = await blockedChannels();
/** Two blocks at least on any processor. */
const wide = 2 * (block ?? 8);

test.runIf(process.arch === 'x64')(
  'a processor with AVX has kernels for blocked channels, and they compute the same',
  () => {
    expect([8, 16]).toContain(block);
  },
);

interface Pass {
  readonly graph: Graph;
  readonly wanted: readonly string[];
  readonly mode: 'training' | 'inference';
  readonly block?: number | undefined;
}

/** Runs a graph forward and backward: its output and the gradients of the wanted values, all by name. */
const differentiate = async ({ graph, wanted, mode, block: size }: Pass) => {
  const shapes = inferShapes(graph, {});
  const assembly = createAssembly('g.', 17, size);
  const tape = recordForward({ graph, shapes, assembly, wanted, mode });
  const gradients = tape.backward(new Map([['y', 'dy']]));
  for (const [name, gradient] of gradients) assembly.add('Identity', [gradient], {}, `d ${name}`);
  assembly.add('Identity', ['y'], {}, 'output');
  const info = (name: string, shown: string): ValueInfo => ({
    name: shown,
    type: 'float32',
    shape: shapes.get(name)!.shape,
  });
  const outputs = [info('y', 'output'), ...[...gradients.keys()].map((name) => info(name, `d ${name}`))];
  const names = outputs.map(({ name }) => name);
  const kept = withoutUnread(assembly.nodes(), names);
  const constants = [...graph.initializers, ...assembly.constants()];
  const { blocked } = assembly;
  const nodes = blocked === undefined ? kept : fuseBlocked(kept, { blocked, constants, outputs: new Set(names) });
  const { normal } = createRandom(4);
  const inputs = [...graph.inputs, info('y', 'dy')];
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }) => [name, Float32Array.from({ length: sizeOf(shape as number[]) }, normal)]),
  );
  const results = await runModel(modelOf({ ...graph, nodes, inputs, outputs, initializers: constants }), feeds);
  return { results, nodes };
};

const expectSame = async (pass: Omit<Pass, 'block'>, tolerance: number): Promise<readonly Node[]> => {
  const plain = await differentiate(pass);
  const blocked = await differentiate({ ...pass, block });
  for (const [name, values] of Object.entries(plain.results))
    expect(relativeError(blocked.results[name]!, values), name).toBeLessThan(tolerance);
  return blocked.nodes;
};

const node = (op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): Node => ({
  name: output,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

const graphOf = (
  nodes: readonly Node[],
  inputs: Readonly<Record<string, readonly number[]>>,
  initializers: readonly Tensor[] = [],
): Graph => ({
  name: 'case',
  nodes,
  inputs: Object.entries(inputs).map(([name, shape]) => ({ name, type: 'float32', shape })),
  outputs: [{ name: 'y', type: 'float32', shape: [], unranked: true }],
  initializers,
});

describe('convolutions on blocked channels agree with plain ones, and so do their gradients', () => {
  const between = (min: number, max: number) => fc.integer({ min, max });
  const pair = (min: number, max: number) => fc.tuple(between(min, max), between(min, max));
  const windows = fc.record({
    batch: between(1, 3),
    size: pair(1, 11),
    kernel: pair(1, 4),
    strides: pair(1, 3),
    dilations: fc.oneof(fc.constant([1, 1] as [number, number]), pair(1, 2)),
    pads: fc.tuple(pair(0, 2), pair(0, 2)),
    bias: fc.boolean(),
  });
  const kinds = [
    { kind: 'of all channels', channels: wide, filters: wide, group: 1 },
    { kind: 'that narrow', channels: 2 * wide, filters: wide, group: 1 },
    { kind: 'of each channel', channels: wide, filters: wide, group: wide },
    { kind: 'of an image', channels: 3, filters: wide, group: 1 },
    { kind: 'that do not fit the blocks', channels: 5, filters: 7, group: 1 },
  ];
  test.each(kinds)('$kind', async ({ channels, filters, group }) => {
    await fc.assert(
      fc.asyncProperty(windows, async ({ batch, size, kernel, strides, dilations, pads, bias }) => {
        const [before, after] = pads;
        const reach = kernel.map((cells, axis) => (cells - 1) * dilations[axis]! + 1);
        fc.pre(size.every((cells, axis) => cells + before[axis]! + after[axis]! >= reach[axis]!));
        const attributes = {
          group: int(group),
          strides: ints(strides),
          dilations: ints(dilations),
          pads: ints([...before, ...after]),
        };
        const inputs = {
          x: [batch, channels, ...size],
          w: [filters, channels / group, ...kernel],
          ...(bias ? { b: [filters] } : {}),
        };
        const graph = graphOf([node('Conv', Object.keys(inputs), 'y', attributes)], inputs);
        await expectSame({ graph, wanted: Object.keys(inputs), mode: 'inference' }, 2e-5);
      }),
      { numRuns: 80 },
    );
  });
});

/** Two convolutions with normalizations, an activation of either sort and a way around the second. */
const residual = (channels: number): Graph => {
  const pads = { pads: ints([1, 1, 1, 1]) };
  const filled = (name: string, value: number) => float32(name, [channels], new Float32Array(channels).fill(value));
  const statistics = ['1', '2'].flatMap((at) => [filled(`mean${at}`, 0), filled(`variance${at}`, 1)]);
  const normalization = (x: string, at: string, y: string) =>
    node('BatchNormalization', [x, `scale${at}`, `bias${at}`, `mean${at}`, `variance${at}`], y, {
      epsilon: floatAttribute(1e-5),
    });
  return graphOf(
    [
      node('Conv', ['x', 'w1'], 'a', pads),
      normalization('a', '1', 'b'),
      node('Relu', ['b'], 'c'),
      node('Conv', ['c', 'w2'], 'd', pads),
      normalization('d', '2', 'e'),
      node('Add', ['e', 'c'], 'f'),
      node('Clip', ['f', 'low', 'high'], 'y'),
    ],
    {
      x: [4, channels, 6, 5],
      w1: [channels, channels, 3, 3],
      w2: [channels, channels, 3, 3],
      scale1: [channels],
      bias1: [channels],
      scale2: [channels],
      bias2: [channels],
    },
    [...statistics, float32('low', [], Float32Array.of(0)), float32('high', [], Float32Array.of(1.5))],
  );
};

test('a residual block agrees with the plain one, and what follows a convolution becomes part of it', async () => {
  const graph = residual(wide);
  const wanted = graph.inputs.map(({ name }) => name);
  const nodes = await expectSame({ graph, wanted, mode: 'training' }, 1e-4);
  expect(nodes.filter(({ op }) => op === 'Relu' || op === 'Clip')).toEqual([]);
  const convolutions = nodes.filter(({ op, domain }) => op === 'Conv' && domain === blockedDomain);
  expect(convolutions.filter(({ attributes }) => 'activation' in attributes)).toHaveLength(2);
  expect(convolutions.filter(({ inputs }) => inputs.length === 4).length).toBeGreaterThanOrEqual(3);
});

test('pooling by halves agrees with the plain one, where several pixels are the largest as well', async () => {
  const pads = { pads: ints([1, 1, 1, 1]) };
  const halves = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };
  const graph = graphOf(
    [
      node('Conv', ['x', 'w'], 'a', pads),
      node('Relu', ['a'], 'b'),
      node('MaxPool', ['b'], 'c', halves),
      node('Conv', ['c', 'v'], 'd', pads),
      node('MaxPool', ['d'], 'y', halves),
    ],
    { x: [3, wide, 8, 12], w: [wide, wide, 3, 3], v: [wide, wide, 3, 3] },
  );
  const nodes = await expectSame({ graph, wanted: ['x', 'w', 'v'], mode: 'training' }, 1e-5);
  expect(nodes.filter(({ op, domain }) => op === 'MaxPool' && domain === '')).toEqual([]);
});

test('a block that does not fit the blocks stays plain', async () => {
  const graph = residual(wide + 1);
  const nodes = await expectSame({ graph, wanted: ['x', 'w1'], mode: 'training' }, 1e-4);
  expect(nodes.filter(({ domain }) => domain === blockedDomain)).toEqual([]);
});
