import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { buildModel } from '../../sidecar/graph/build.ts';
import type { Model } from '../../sidecar/graph/model.ts';
import { buildTrainStep } from '../../sidecar/graph/train-step.ts';
import { fitWeights } from '../../sidecar/graph/weights/fit.ts';
import { writeModel } from '../../sidecar/graph/write.ts';
import { runCommand } from '../../tools/command.ts';
import { installPeer } from '../../tools/peers/install.ts';
import { relativeError, tensorsIn } from './tensors.ts';

let folder: string;

beforeAll(async () => {
  const python = await installPeer('torch');
  folder = mkdtempSync(join(tmpdir(), 'resnet50-'));
  await runCommand({ program: python, args: [join(import.meta.dirname, 'resnet50.py'), folder] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (name: string) => tensorsIn(join(folder, name));

const loaded = (): Model => {
  const model = buildModel({
    architecture: 'resnet50',
    params: {},
    inputShape: [3, 64, 64],
    outputs: 1000,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
  });
  const { model: fitted, notes } = fitWeights(model, open('weights.safetensors'));
  expect(notes).toEqual([]);
  return fitted;
};

const images = () => open('rows.safetensors').get('images')!;
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

test('a state dict that torchvision made gives the logits that PyTorch gives', async () => {
  const session = await InferenceSession.create(writeModel(loaded()));
  const { logits } = await session.run({ input: new Tensor('float32', images().floats(), [8, 3, 64, 64]) });
  const truth = open('rows.safetensors').get('logits')!.floats();
  expect(relativeError(logits!.data as Float32Array, truth)).toBeLessThan(1e-4);
});

test('gradients are as near to the float64 ones as PyTorch’s own float32 gradients are', async () => {
  const step = buildTrainStep(loaded(), {
    batch: 8,
    loss: 'cross_entropy',
    optimizer: { type: 'sgd', momentum: 0, weightDecay: 0 },
  });
  const feeds: Record<string, Tensor> = {
    [step.input]: new Tensor('float32', images().floats(), [8, 3, 64, 64]),
    [step.target]: new Tensor(
      'float32',
      Float32Array.from({ length: 8 }, (_, row) => row * 100),
      [8],
    ),
  };
  for (const name of step.scalars) feeds[name] = new Tensor('float32', Float32Array.of(1), []);
  for (const { input, initial } of step.state) feeds[input] = new Tensor('float32', initial.data, [...initial.dims]);
  const session = await InferenceSession.create(writeModel(step.model), { enableMemPattern: false });
  const results = await session.run(feeds);

  const truth = open('gradients.safetensors');
  const errors = step.state
    .filter(({ role }) => role === 'parameter')
    .map(({ input, output, initial }) => {
      const after = results[output]!.data as Float32Array;
      // A step of rate 1 takes the gradient away from the weight.
      const gradient = initial.data.map((before, index) => before - after[index]!);
      return relativeError(gradient, truth.get(input)!.floats());
    });
  const told = JSON.parse(readFileSync(join(folder, 'errors.json'), 'utf8')) as Record<string, number>;
  const theirs = Object.values(told);
  expect(errors).toHaveLength(theirs.length);
  expect(median(errors)).toBeLessThan(2.5 * median(theirs));
  expect(Math.max(...errors)).toBeLessThan(2.5 * Math.max(...theirs));
});
