import { expect, test } from 'vitest';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { emitLoss, emitMean } from '../../../sidecar/graph/losses.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { caseNames, differentiateCase, readCase } from './gradient-case.ts';
import { modelOf, relativeError, runModel } from './run-graph.ts';

/** Not operators of a forward graph here: the losses are emitted by graph/losses.ts and tested below. */
const lossCases = new Set(['ce_index', 'ce_ignore', 'mse', 'bce_logits']);
const operatorCases = caseNames.filter((name) => !lossCases.has(name));

// Not covered: ce_ignore, since data sets here have no rows without a class.

test('the fixtures hold 59 operator cases', () => {
  expect(operatorCases).toHaveLength(59);
});

test.each(operatorCases)('the gradients of %s are those of PyTorch in float64', async (name) => {
  const given = readCase(name);
  const { graph, output } = differentiateCase(given);
  const floats = given.inputs.map((input): [string, Float32Array | BigInt64Array] => [
    input.name,
    input.dtype === 'int64' ? BigInt64Array.from(input.data, BigInt) : Float32Array.from(input.data),
  ]);
  const results = await runModel(modelOf(graph, given.opset), {
    ...Object.fromEntries(floats),
    dy: Float32Array.from(given.dy.data),
  });
  const shapes = inferShapes(graph, {});
  expect(shapes.get(output)?.shape).toEqual(given.output.shape);
  expect(relativeError(results[output]!, given.output.data)).toBeLessThan(given.tol.rel_l2);
  for (const [input, gradient] of Object.entries(given.grads)) {
    if (gradient === null) continue;
    expect(shapes.get(`d ${input}`)?.shape).toEqual(gradient.shape);
    expect(relativeError(results[`d ${input}`]!, gradient.data)).toBeLessThan(given.tol.rel_l2);
  }
});

test.each([
  ['ce_index', 'cross_entropy', 4, 5],
  ['mse', 'mse', 12, 1],
  ['bce_logits', 'binary_cross_entropy', 12, 1],
] as const)('the loss %s and its gradient are those of PyTorch in float64', async (name, loss, batch, width) => {
  const given = readCase(name);
  const assembly = createAssembly('l.', 17);
  const site = { assembly, predictions: 'z', target: 't', targets: 'column', batch, width } as const;
  const summed = emitLoss(loss, site);
  emitMean(assembly, summed.sum, summed, 'loss');
  const gradient = emitMean(assembly, summed.gradient, summed);
  const results = await runModel(
    modelOf({
      name,
      nodes: assembly.nodes(),
      inputs: [
        { name: 'z', type: 'float32', shape: [batch, width] },
        { name: 't', type: 'float32', shape: [batch] },
      ],
      outputs: [
        { name: 'loss', type: 'float32', shape: [] },
        { name: gradient, type: 'float32', shape: [batch, width] },
      ],
      initializers: assembly.constants(),
    }),
    { z: Float32Array.from(given.inputs[0]!.data), t: Float32Array.from(given.inputs[1]!.data) },
  );
  expect(relativeError(results['loss']!, given.output.data)).toBeLessThan(given.tol.rel_l2);
  expect(relativeError(results[gradient]!, given.grads['X']!.data)).toBeLessThan(given.tol.rel_l2);
});
