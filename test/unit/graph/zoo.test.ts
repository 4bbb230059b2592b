import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildModel, type ArchitectureName } from '../../../sidecar/graph/build.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import { parameterCount } from '../../../sidecar/graph/parameters.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { runModel } from './run-graph.ts';

const build = (architecture: ArchitectureName, side: number, outputs: number, params: Record<string, unknown> = {}) =>
  buildModel({
    architecture,
    params,
    inputShape: [3, side, side],
    outputs,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
  });

/** Of torchvision 0.29.2, `sum(p.numel() for p in model.parameters())`, 1,000 classes. */
const torchvisionCounts = [
  ['resnet18', 11_689_512],
  ['resnet34', 21_797_672],
  ['resnet50', 25_557_032],
  ['resnet101', 44_549_160],
  ['resnet152', 60_192_808],
  ['mobilenetv2', 3_504_872],
] as const;

test.each(torchvisionCounts)('%s has as many weights as torchvision’s: %i', (architecture, count) => {
  expect(parameterCount(build(architecture, 224, 1000))).toBe(count);
});

describe('the stem', () => {
  test('is chosen by the size of the image, and told', () => {
    expect(build('resnet18', 63, 10).metadata['trainyard.stem']).toBe('small');
    expect(build('resnet18', 64, 10).metadata['trainyard.stem']).toBe('imagenet');
    expect(build('resnet18', 32, 10, { stem: 'imagenet' }).metadata['trainyard.stem']).toBe('imagenet');
  });

  test('that nobody knows is refused', () => {
    expect(() => build('resnet18', 32, 10, { stem: 'huge' })).toThrow('auto, imagenet or small');
    expect(() => build('resnet18', 32, 10, { hidden: 3 })).toThrow('no parameter “hidden”');
  });

  test('a table is refused', () => {
    const request = {
      architecture: 'resnet18',
      params: {},
      inputShape: [7],
      outputs: 2,
      task: 'classification',
    } as const;
    expect(() => buildModel({ ...request, seed: 1, normalization: { mean: [0], std: [1] } })).toThrow('takes images');
  });
});

test('every size of image gives one row of logits an image', () => {
  const names = ['resnet18', 'resnet50', 'mobilenetv2'] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.integer({ min: 8, max: 80 }),
      fc.integer({ min: 2, max: 7 }),
      (name, side, outputs) => {
        const model = build(name, side, outputs, name === 'mobilenetv2' ? { width: 0.25 } : {});
        expect(inferShapes(model.graph, { N: 3 }).get('logits')?.shape).toEqual([3, outputs]);
      },
    ),
    { numRuns: 8 },
  );
});

test('ONNX Runtime gives finite logits of ordinary size for a fresh network', async () => {
  for (const name of ['resnet18', 'mobilenetv2'] as const) {
    const model = build(name, 32, 10);
    const input = Float32Array.from({ length: 2 * sizeOf([3, 32, 32]) }, (_, index) => Math.sin(index));
    const { logits } = await runModel(model, { input }, 2);
    const values = Array.from(logits!);
    expect(values).toHaveLength(20);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(1e3);
  }
});
