import { beforeAll, expect, test } from 'vitest';
import { onnxEngine } from '../../../sidecar/engines/onnx/engine.ts';
import { createAssembly } from '../../../sidecar/graph/assembly.ts';
import { intAttribute, intsAttribute } from '../../../sidecar/graph/attributes.ts';
import { buildModel } from '../../../sidecar/graph/build.ts';
import type { Model } from '../../../sidecar/graph/model.ts';
import { float32, sizeOf, writtenIrVersion, writtenOpset } from '../../../sidecar/graph/model.ts';
import { createRandom } from '../../../sidecar/graph/random.ts';
import { readModel } from '../../../sidecar/graph/read.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';
import { useSwiftShader } from '../../support/swift-shader.ts';
import { createWatch, rowsOf, taskOf } from './rows.ts';

beforeAll(useSwiftShader);

const normalization = { mean: [0], std: [1] };
const cnn = (side: number) =>
  buildModel({
    architecture: 'cnn',
    params: { channels: [8, 10], hidden: [8] },
    inputShape: [2, side, side],
    outputs: 3,
    task: 'classification',
    seed: 1,
    normalization,
  });

const mlp = buildModel({
  architecture: 'mlp',
  params: { hidden: [16], dropout: 0.2 },
  inputShape: [12],
  outputs: 3,
  task: 'classification',
  seed: 1,
  normalization,
});

/** A convolution of stride 2, then max pooling whose windows overlap, as at the beginning of a ResNet. */
const overlapping = (): Model => {
  const assembly = createAssembly('v', writtenOpset);
  const random = createRandom(3);
  const weights = (name: string, dims: readonly number[]) =>
    float32(
      name,
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => random.normal() / 4),
    );
  const window = (strides: number) => ({
    kernel_shape: intsAttribute([3, 3]),
    strides: intsAttribute([strides, strides]),
    pads: intsAttribute([1, 1, 1, 1]),
  });
  const maps = assembly.add('Conv', ['input', 'conv'], window(2));
  const pooled = assembly.add('MaxPool', [assembly.add('Relu', [maps])], window(2));
  const next = assembly.add('Conv', [pooled, 'next'], window(1));
  const flat = assembly.add('Flatten', [assembly.add('GlobalAveragePool', [next])]);
  assembly.add('Gemm', [flat, 'dense'], { transB: intAttribute(1) }, 'logits');
  const value = (name: string, shape: readonly (number | string)[]) => ({ name, type: 'float32' as const, shape });
  return {
    irVersion: writtenIrVersion,
    opset: writtenOpset,
    producer: 'test',
    graph: {
      name: 'overlapping',
      nodes: assembly.nodes(),
      inputs: [value('input', ['N', 3, 13, 13])],
      outputs: [value('logits', ['N', 3])],
      initializers: [weights('conv', [12, 3, 3, 3]), weights('next', [6, 12, 3, 3]), weights('dense', [3, 6])],
    },
    metadata: {},
  };
};

test.each<{ readonly name: string; readonly model: Model; readonly inputShape: readonly number[] }>([
  { name: 'an mlp with dropout', model: mlp, inputShape: [12] },
  { name: 'a cnn whose windows cover the image', model: cnn(8), inputShape: [2, 8, 8] },
  { name: 'a cnn whose windows leave pixels over', model: cnn(9), inputShape: [2, 9, 9] },
  { name: 'windows that overlap', model: overlapping(), inputShape: [3, 13, 13] },
])('ONNX Runtime trains $name on WebGPU as on the processor', async ({ model, inputShape }) => {
  const random = createRandom(5);
  const targets = Array.from({ length: 12 }, (_, row) => row % 3);
  const inputs = targets.map(() => Array.from({ length: sizeOf(inputShape) }, () => random.normal()));
  const train = async (device: string) => {
    const { plan, data } = taskOf(
      rowsOf(inputs, targets),
      { inputShape, outputs: 3 },
      { batchSize: 4, optimizer: { type: 'sgd', momentum: 0.9 }, device },
    );
    const told = createWatch();
    const { model: trained } = await onnxEngine.train({ ...plan, model: writeModel(model) }, data, told.watch);
    return { losses: told.valuesOf('train_loss'), weights: readModel(trained).graph.initializers };
  };
  const [processor, graphics] = [await train('cpu'), await train('webgpu')];
  expect(processor.losses).toHaveLength(3);
  graphics.losses.forEach((loss, step) => expect(Math.abs(loss - processor.losses[step]!)).toBeLessThan(1e-5));
  for (const [index, { name, data }] of graphics.weights.entries())
    for (const [at, number] of (data as Float32Array).entries())
      expect(Math.abs(number - (processor.weights[index]!.data as Float32Array)[at]!), name).toBeLessThan(1e-4);
});

test('the adapter is among the devices', async () => {
  expect((await onnxEngine.devices()).map(({ id }) => id)).toContain('webgpu');
});
