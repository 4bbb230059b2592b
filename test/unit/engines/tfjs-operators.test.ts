<<<<<<< HEAD
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { interpretedOperators, openProgram } from '../../../sidecar/engines/tfjs/interpret.ts';
import type { Value } from '../../../sidecar/engines/tfjs/operators/rule.ts';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { differentiableOperators, recordForward } from '../../../sidecar/graph/differentiate.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { caseGraph, caseNames, readCase } from '../graph/gradient-case.ts';
import { relativeError } from '../graph/run-graph.ts';
import { backward, forward, graphOf, type SingleOperator } from '../graph/single-operator.ts';
=======
import { expect, test } from 'vitest';
import { interpretedOperators } from '../../../sidecar/engines/tfjs/interpret.ts';
import { differentiableOperators } from '../../../sidecar/graph/differentiate.ts';
import { describeOperators } from './operators.ts';
>>>>>>> 2652e0e (test(engines): both engines on WebGPU, in software; fix: pooling that tells where, and convolutions that dilate)

describeOperators('cpu');

test('every operator that has a gradient in the graph is known to the interpreter', () => {
  const known = new Set(interpretedOperators);
  expect(differentiableOperators.filter((operator) => !known.has(operator))).toEqual([]);
});
<<<<<<< HEAD

test.each(caseNames.filter((name) => !lossCases.has(name)))(
  'tensorflow.js gives the output and the gradients of %s as PyTorch does in float64',
  async (name) => {
    const given = readCase(name);
    const { graph, output } = caseGraph(given);
    const mode = given.attrs['training_mode'] === 1 ? 'training' : 'inference';
    const assembly = createAssembly('g.', given.opset);
    recordForward({ graph, shapes: inferShapes(graph, {}), assembly, wanted: [], mode, form: 'plain' });
    const recorded = {
      ...graph,
      nodes: assembly.nodes(),
      initializers: [...graph.initializers, ...assembly.constants()],
    };
    const program = openProgram(tf, recorded, inferShapes(recorded, {}));
    const inputs = given.inputs.map(({ shape, data, dtype }): Value =>
      tf.tensor([...data], [...shape], dtype === 'int64' ? 'int32' : 'float32'),
    );
    const feeds = (values: readonly Value[]) =>
      new Map(given.inputs.map((input, index) => [input.name, values[index]!]));
    const y = program.run(feeds(inputs))(output);
    expect(y.shape).toEqual(given.output.shape);
    expect(relativeError(await y.data(), given.output.data)).toBeLessThan(given.tol.rel_l2);

    const learned = given.inputs.flatMap((input, index) => (given.grads[input.name] ? [index] : []));
    const dy = tf.tensor([...given.dy.data], [...given.dy.shape]);
    const gradients = tf.grads((...weights: Value[]) => {
      const values = inputs.map((value, index) => weights[learned.indexOf(index)] ?? value);
      return program.run(feeds(values))(output);
    })(
      learned.map((index) => inputs[index]!),
      dy,
    );
    for (const [at, index] of learned.entries()) {
      const expected = given.grads[given.inputs[index]!.name]!;
      expect(gradients[at]!.shape).toEqual(expected.shape);
      expect(relativeError(await gradients[at]!.data(), expected.data)).toBeLessThan(given.tol.rel_l2);
    }
    program.close();
  },
);

test.each(['Celu', 'Selu', 'ThresholdedRelu', 'Softsign', 'Mish'])(
  'tensorflow.js gives %s and its gradient as the graph does',
  async (op) => {
    const given: SingleOperator = { op, inputs: { x: [6] }, attributes: {}, opset: 18 };
    const values = { x: Float32Array.of(-3, -1.5, -0.5, 0.5, 1.5, 3) };
    const dy = Float32Array.of(1, -1, 2, 0.5, 1, -2);
    const graph = graphOf(given);
    const program = openProgram(tf, graph, inferShapes(graph, {}));
    const run = (x: Value) => program.run(new Map([['x', x]]))('y');
    const x = tf.tensor1d(values.x);
    const gradient = tf.grad(run)(x, tf.tensor1d(dy));
    expect(relativeError(await run(x).data(), await forward(given, values))).toBeLessThan(1e-6);
    expect(relativeError(await gradient.data(), (await backward(given, values, dy))['x']!)).toBeLessThan(1e-6);
    program.close();
  },
);
=======
>>>>>>> 2652e0e (test(engines): both engines on WebGPU, in software; fix: pooling that tells where, and convolutions that dilate)
