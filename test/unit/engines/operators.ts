import { beforeAll, describe, expect, test } from 'vitest';
import { openProgram } from '../../../sidecar/engines/tfjs/interpret.ts';
import { loadTensorflow } from '../../../sidecar/engines/tfjs/load.ts';
import type { Tensorflow, Value } from '../../../sidecar/engines/tfjs/operators/rule.ts';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { recordForward } from '../../../sidecar/graph/differentiate.ts';
import { inferShapes } from '../../../sidecar/graph/shapes.ts';
import { caseGraph, caseNames, readCase } from '../graph/gradient-case.ts';
import { relativeError } from '../graph/run-graph.ts';
import { backward, forward, graphOf, type SingleOperator } from '../graph/single-operator.ts';

const lossCases = new Set(['ce_index', 'ce_ignore', 'mse', 'bce_logits']);

/**
 * That every operator with a gradient gives PyTorch's numbers when tensorflow.js computes it on a device.
 *
 * @param apart cases that are known to differ there
 */
export const describeOperators = (device: string, apart: readonly string[] = []): void => {
  describe(`operators of tensorflow.js on ${device}`, () => {
    let tf: Tensorflow;
    beforeAll(async () => {
      tf = await loadTensorflow(device);
    });

    test.each(caseNames.filter((name) => !lossCases.has(name) && !apart.includes(name)))(
      '%s gives the output and the gradients that PyTorch gives in float64',
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
      '%s has the output and the gradient that the graph has',
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
  });
};
