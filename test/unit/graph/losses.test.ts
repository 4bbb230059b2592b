import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { emitLoss, emitMean, type LossSite } from '../../../sidecar/graph/losses.ts';
import { modelOf, relativeError, runModel } from './run-graph.ts';

const Case = z.object({
  name: z.string(),
  predictions: z.array(z.array(z.number())),
  target: z.union([z.array(z.number()), z.array(z.array(z.number()))]),
  labelSmoothing: z.number().optional(),
  classWeights: z.array(z.number()).optional(),
  loss: z.number(),
  gradient: z.array(z.array(z.number())),
});

const cases = Case.array().parse(
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../../fixtures/losses/cases.json'), 'utf8')),
);

test.each(cases.map((given) => [given.name, given] as const))(
  '%s and its gradient are those of PyTorch in float64',
  async (_, { predictions, target, labelSmoothing, classWeights, loss, gradient }) => {
    const [batch, width] = [predictions.length, predictions[0]!.length];
    const assembly = createAssembly('l.', 17);
    const summed = emitLoss(width === 1 ? 'binary_cross_entropy' : 'cross_entropy', {
      assembly,
      predictions: 'z',
      target: 't',
      targets: Array.isArray(target[0]) ? 'distribution' : 'column',
      batch,
      width,
      ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
      ...(classWeights === undefined ? {} : { classWeights }),
    });
    emitMean(assembly, summed.sum, summed, 'loss');
    const slope = emitMean(assembly, summed.gradient, summed);
    const targets = Float32Array.from(target.flat());
    const results = await runModel(
      modelOf({
        name: 'loss',
        nodes: assembly.nodes(),
        inputs: [
          { name: 'z', type: 'float32', shape: [batch, width] },
          { name: 't', type: 'float32', shape: targets.length === batch ? [batch] : [batch, width] },
        ],
        outputs: [
          { name: 'loss', type: 'float32', shape: [] },
          { name: slope, type: 'float32', shape: [batch, width] },
        ],
        initializers: assembly.constants(),
      }),
      { z: Float32Array.from(predictions.flat()), t: targets },
    );
    expect(relativeError(results['loss']!, [loss])).toBeLessThan(1e-6);
    expect(relativeError(results[slope]!, gradient.flat())).toBeLessThan(1e-6);
  },
);

describe('a loss is refused with a sentence', () => {
  const site = (more: Partial<LossSite>): LossSite => ({
    assembly: createAssembly('l.', 17),
    predictions: 'z',
    target: 't',
    targets: 'column',
    batch: 2,
    width: 3,
    ...more,
  });

  test('where there are more or fewer weights than classes', () => {
    expect(() => emitLoss('cross_entropy', site({ classWeights: [1, 2] }))).toThrow(
      'There are 2 class weights for 3 classes.',
    );
  });

  test('where class terms are asked for and there are no classes', () => {
    expect(() => emitLoss('mse', site({ labelSmoothing: 0.1 }))).toThrow('belong to classes');
    expect(() => emitLoss('mse', site({ classWeights: [1, 1, 1] }))).toThrow('belong to classes');
  });
});
