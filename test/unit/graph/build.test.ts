import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GraphError } from '../../../sidecar/graph/graph-error.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import { parameterCount, trainableParameters } from '../../../sidecar/graph/parameters.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';
import { build } from './models.ts';
import { runModel } from './run-graph.ts';

const ramp = (size: number) => Float32Array.from({ length: size }, (_, index) => (index % 7) - 3);

describe('buildModel', () => {
  test('gives the same model, bit for bit, for the same seed, and another for another', () => {
    expect(writeModel(build({ seed: 5 }))).toEqual(writeModel(build({ seed: 5 })));
    expect(writeModel(build({ seed: 5 }))).not.toEqual(writeModel(build({ seed: 6 })));
  });

  test('gives a classifier logits and probabilities that add up to 1', async () => {
    const model = build({ architecture: 'cnn', inputShape: [1, 8, 8], outputs: 4 });
    const { logits, probabilities } = await runModel(model, { input: ramp(3 * 64) }, 3);
    expect(logits).toHaveLength(12);
    for (let row = 0; row < 3; row += 1) {
      const sum = probabilities!.subarray(row * 4, row * 4 + 4).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
  });

  test('gives a regression one prediction a row', async () => {
    const model = build({ task: 'regression', outputs: 1 });
    expect(model.graph.outputs.map(({ name }) => name)).toEqual(['prediction']);
    expect((await runModel(model, { input: ramp(20) }, 5))['prediction']).toHaveLength(5);
  });

  test('normalises inside the graph: raw values with the normalization are as scaled values without it', async () => {
    const given = { inputShape: [2, 4, 4], architecture: 'cnn', params: { channels: [3] } } as const;
    const raw = ramp(2 * 32).map((value) => 40 * value + 100);
    const [mean, std] = [
      [90, 110],
      [30, 60],
    ];
    const scaled = raw.map(
      (value, index) => (value - mean[Math.floor(index / 16) % 2]!) / std[Math.floor(index / 16) % 2]!,
    );
    const inside = await runModel(build({ ...given, normalization: { mean, std } }), { input: raw }, 2);
    const outside = await runModel(build({ ...given, normalization: { mean: [0], std: [1] } }), { input: scaled }, 2);
    inside['logits']!.forEach((value, index) => expect(value).toBeCloseTo(outside['logits']![index]!, 5));
  });

  test('takes a deviation of 0 as 1, so that a constant column stays finite', async () => {
    const model = build({ inputShape: [1], normalization: { mean: [7], std: [0] } });
    const { probabilities } = await runModel(model, { input: Float32Array.of(7) }, 1);
    expect(probabilities!.every(Number.isFinite)).toBe(true);
  });

  test('does not count the normalization among what is trained', () => {
    expect(parameterCount(build({ architecture: 'linear', inputShape: [4], outputs: 3 }))).toBe(4 * 3 + 3);
    expect(parameterCount(build({ params: { hidden: [8, 5] } }))).toBe(4 * 8 + 8 + 8 * 5 + 5 + 5 * 3 + 3);
    const names = trainableParameters(build({ architecture: 'cnn', inputShape: [1, 8, 8] }).graph).map(
      ({ name }) => name,
    );
    expect(names).not.toContain('norm1.mean');
    expect(names).toContain('norm1.scale');
  });

  test('draws weights of the variance that He and others give', () => {
    const weights = build({ inputShape: [400], params: { hidden: [300] } }).graph.initializers[0]!;
    const values = Array.from(weights.data as Float32Array);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(variance).toBeCloseTo(2 / 400, 4);
  });

  test.each([
    [{ params: { hiden: [3] } }, /no parameter “hiden”/],
    [{ params: { hidden: [0] } }, /model\.params\.hidden/],
    [{ params: { dropout: 1 } }, /model\.params\.dropout/],
    [{ params: { activation: 'swish' } }, /activation/],
    [{ architecture: 'linear', params: { hidden: [3] } }, /It knows: none/],
    [{ architecture: 'cnn', inputShape: [4] }, /images of at least/],
    [{ architecture: 'cnn', inputShape: [1, 4, 4], params: { channels: [2, 2, 2] } }, /at least 8 pixels/],
    [{ normalization: { mean: [1, 2], std: [1] } }, /4 finite numbers/],
    [{ normalization: { mean: [Number.NaN], std: [1] } }, /finite/],
    [{ inputShape: [] }, /needs an input/],
  ] as const)('refuses %o with a sentence', (given, message) => {
    expect(() => build(given)).toThrow(GraphError);
    expect(() => build(given)).toThrow(message);
  });

  test('gives every architecture, size and batch the output shape that it says', () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        fc.constantFrom('mlp' as const, 'linear' as const, 'cnn' as const),
        fc.tuple(size, size, size),
        size,
        size,
        (architecture, image, outputs, batch) => {
          fc.pre(architecture !== 'cnn' || Math.min(image[1], image[2]) >= 2);
          const { graph } = build({ architecture, inputShape: image, outputs });
          expect(inferShapes(graph, { N: batch }).get('probabilities')?.shape).toEqual([batch, outputs]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

test('inferShapes agrees with ONNX Runtime on every value of a model', async () => {
  const model = build({ architecture: 'cnn', inputShape: [2, 9, 11], outputs: 3 });
  const values = model.graph.nodes.flatMap(({ outputs }) => outputs);
  const shapes = inferShapes(model.graph, { N: 2 });
  const open = {
    ...model,
    graph: {
      ...model.graph,
      outputs: values.map((name) => ({ name, type: 'float32' as const, shape: [], unranked: true as const })),
    },
  };
  const results = await runModel(open, { input: ramp(2 * 198) }, 2);
  for (const name of values) expect(results[name]).toHaveLength(sizeOf(shapes.get(name)!.shape));
});

test('inferShapes says which symbol has no number', () => {
  expect(() => inferShapes(build().graph, {})).toThrow(/dimension “N” of the input “input”/);
});
