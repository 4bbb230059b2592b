import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphError } from '../../sidecar/graph/graph-error.ts';
import { importModel } from '../../sidecar/graph/import/import-model.ts';
import { readModel } from '../../sidecar/graph/read.ts';
import { writeModel } from '../../sidecar/graph/write.ts';
import { runCommand } from '../../tools/command.ts';
import { installPeer } from '../../tools/peers/install.ts';
import { relativeError } from './tensors.ts';
import { answersOf, trainOnce } from './trained-once.ts';

let folder: string;
beforeAll(async () => {
  const python = await installPeer('tensorflow');
  folder = mkdtempSync(join(tmpdir(), 'keras-exports-'));
  await runCommand({ program: python, args: [join(import.meta.dirname, 'keras-exports.py'), folder] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const importFile = (name: string, inputShape: readonly number[], outputs: number) =>
  importModel(readModel(readFileSync(join(folder, `${name}.onnx`))), {
    inputShape,
    outputs,
    task: 'classification',
    seed: 1,
    normalization: { mean: [128], std: [64] },
    normalize: 'auto',
  });

const truthOf = (name: string): { readonly images: Float32Array; readonly answers: Float32Array } => {
  const told = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Record<'images' | 'answers', number[]>;
  return { images: Float32Array.from(told.images), answers: Float32Array.from(told.answers) };
};

test('a CNN of Keras with Rescaling, Dropout and a softmax takes our rows, answers as Keras does, and learns', async () => {
  const { model, notes } = importFile('cnn', [3, 16, 16], 10);
  const { images, answers } = truthOf('cnn');
  expect(notes.join(' ')).toContain('channels last');
  expect(notes.join(' ')).toContain('normalizes its input by itself');
  const dims = [4, 3, 16, 16];
  expect(relativeError((await answersOf(writeModel(model), images, dims))['probabilities']!, answers)).toBeLessThan(
    1e-4,
  );
  const trained = await trainOnce(model, images, 4);
  expect(trained.lossAfter).toBeLessThan(trained.loss);
  const served = await answersOf(writeModel(trained.model), images, dims);
  expect(relativeError(served['logits']!, trained.predictions)).toBeLessThan(1e-5);
});

test('a residual network of Keras with depthwise convolutions gets a head for other classes', async () => {
  const { images, answers } = truthOf('residual');
  const rows = images.map((value) => value * 64 + 128);
  const { model } = importFile('residual', [3, 16, 16], 10);
  const { logits } = await answersOf(writeModel(model), rows, [4, 3, 16, 16]);
  expect(relativeError(logits!, answers)).toBeLessThan(1e-4);
  const { model: other, notes } = importFile('residual', [3, 16, 16], 4);
  expect(notes.join(' ')).toContain('The file answers with 10 numbers and the data needs 4; the head begins anew.');
  const trained = await trainOnce(other, rows, 4);
  expect(trained.lossAfter).toBeLessThan(trained.loss);
});

test('a classifier of Keras with one sigmoid is trained and served as two classes', async () => {
  const { images, answers } = truthOf('binary');
  const { model } = importFile('binary', [12], 2);
  const { probabilities } = await answersOf(
    writeModel(model),
    images.map((value) => value * 64 + 128),
    [4, 12],
  );
  expect(
    relativeError(
      probabilities!.filter((_, index) => index % 2 === 1),
      answers,
    ),
  ).toBeLessThan(1e-4);
});

test('a gelu of Keras, which tf2onnx writes as an operator that no runtime has, is refused with the way out', () => {
  const refuse = () => importFile('gelu', [12], 2);
  expect(refuse).toThrow(GraphError);
  expect(refuse).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('approximate=True') as string }) as Error,
  );
});
