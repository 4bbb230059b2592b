import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importModel, type Imported } from '../../sidecar/graph/import/import-model.ts';
import { writeModel } from '../../sidecar/graph/write.ts';
import { readModelFile } from '../../sidecar/pipeline/3-train/read-model-file.ts';
import { runCommand } from '../../tools/command.ts';
import { installPeer } from '../../tools/peers/install.ts';
import { relativeError, tensorsIn } from './tensors.ts';
import { answersOf, trainOnce } from './trained-once.ts';

let folder: string;
beforeAll(async () => {
  const python = await installPeer('torch');
  folder = mkdtempSync(join(tmpdir(), 'torch-exports-'));
  await runCommand({ program: python, args: [join(import.meta.dirname, 'torch-exports.py'), folder] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = 4;
const shapes: Readonly<Record<string, readonly number[]>> = {
  cnn: [1, 28, 28],
  transformer: [1, 28, 28],
  resnet18: [3, 64, 64],
  mobilenet_v2: [3, 64, 64],
  mobilenet_v3_small: [3, 64, 64],
};

/**
 * What the export did to the weights: nothing, or it transposed some under new names, which leaves the norm of all
 * gradients, or it folded batch normalization into them.
 */
const exports: readonly (readonly [name: string, weights: 'named' | 'transposed' | 'folded'])[] = [
  ['cnn.dynamo', 'named'],
  ['cnn.legacy', 'named'],
  ['cnn.training', 'named'],
  ['cnn.fixed', 'named'],
  ['cnn.default', 'named'],
  ['cnn.opset9', 'named'],
  ['cnn.opset10', 'named'],
  ['cnn.opset11', 'named'],
  ['cnn.opset12', 'named'],
  ['cnn.opset13', 'named'],
  ['cnn.opset15', 'named'],
  ['cnn.opset17', 'named'],
  ['resnet18.dynamo', 'folded'],
  ['resnet18.legacy', 'folded'],
  ['resnet18.plain', 'named'],
  ['resnet18.training', 'named'],
  ['mobilenet_v2.dynamo', 'folded'],
  ['mobilenet_v2.legacy', 'folded'],
  ['mobilenet_v3_small.dynamo', 'folded'],
  ['mobilenet_v3_small.legacy', 'folded'],
  ['transformer.dynamo', 'transposed'],
  ['transformer.legacy', 'transposed'],
];

const modelName = (name: string): string => name.split('.')[0]!;
const truthOf = (name: string) => tensorsIn(join(folder, `${modelName(name)}.safetensors`));
const importFile = (name: string, outputs = 10): Imported =>
  importModel(readModelFile(join(folder, `${name}.onnx`)), {
    inputShape: shapes[modelName(name)]!,
    outputs,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
    normalize: 'auto',
  });
const softmax = (logits: Float32Array, width: number): Float32Array =>
  logits.map((_, index) => {
    const row = logits.subarray(index - (index % width), index - (index % width) + width);
    return Math.exp(logits[index]!) / row.reduce((sum, value) => sum + Math.exp(value), 0);
  });

const normOf = (parts: readonly Float32Array[]): number =>
  Math.sqrt(parts.reduce((sum, part) => sum + part.reduce((inner, value) => inner + value ** 2, 0), 0));

describe.each(exports)('%s', (name, weights) => {
  const inputShape = shapes[modelName(name)]!;

  test('answers as it does in PyTorch, for any number of rows', async () => {
    const { model } = importFile(name);
    const truth = truthOf(name);
    const [images, answers] = [truth.get('images')!.floats(), truth.get('answers')!.floats()];
    const expected = softmax(answers, 10);
    for (const some of [rows, 1, 3]) {
      const part = images.subarray(0, (images.length / rows) * some);
      const { probabilities } = await answersOf(writeModel(model), part, [some, ...inputShape]);
      expect(relativeError(probabilities!, expected.subarray(0, 10 * some))).toBeLessThan(1e-4);
    }
  });

  test('learns by gradients that are PyTorch’s, and is served as it was trained', async () => {
    const { model } = importFile(name);
    const truth = truthOf(name);
    const images = truth.get('images')!.floats();
    const trained = await trainOnce(model, images, rows);
    expect(trained.lossAfter).toBeLessThan(trained.loss);
    const names = [...truth.keys()].filter((key) => key.startsWith('gradient.')).map((key) => key.slice(9));
    const gradient = (weight: string) => truth.get(`gradient.${weight}`)!.floats();
    for (const [weight, ours] of trained.gradients)
      if (weights !== 'folded' && names.includes(weight))
        expect(relativeError(ours, gradient(weight)), weight).toBeLessThan(1e-3);
    if (weights === 'named') expect([...trained.gradients.keys()].toSorted()).toEqual(names.toSorted());
    if (weights === 'transposed') {
      expect(trained.gradients.size).toBe(names.length);
      const theirs = normOf(names.map(gradient));
      expect(Math.abs(normOf([...trained.gradients.values()]) - theirs) / theirs).toBeLessThan(1e-4);
    }
    // Its step normalizes by the batch, which serving does not.
    if (modelName(name) === 'resnet18' && weights === 'named') return;
    const served = await answersOf(writeModel(trained.model), images, [rows, ...inputShape]);
    expect(relativeError(served['logits']!, trained.predictions)).toBeLessThan(1e-5);
  });
});
