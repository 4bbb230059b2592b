import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importModel } from '../../sidecar/graph/import/import-model.ts';
import { createRandom } from '../../sidecar/graph/random.ts';
import { readModel } from '../../sidecar/graph/read.ts';
import { writeModel } from '../../sidecar/graph/write.ts';
import { runCommand } from '../../tools/command.ts';
import { installPeer } from '../../tools/peers/install.ts';
import { relativeError } from './tensors.ts';
import { answersOf, trainOnce } from './trained-once.ts';

let folder: string;
beforeAll(async () => {
  const python = await installPeer('torch');
  folder = mkdtempSync(join(tmpdir(), 'sklearn-exports-'));
  await runCommand({ program: python, args: [join(import.meta.dirname, 'sklearn-exports.py'), folder] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: string) => readFileSync(join(folder, `${name}.onnx`));
const importFile = (name: string) =>
  importModel(readModel(fileOf(name)), {
    inputShape: [4],
    outputs: 3,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
    normalize: 'auto',
  });

test('a perceptron of scikit-learn is fine-tuned from its probabilities, although its labels are there too', async () => {
  const { normal } = createRandom(8);
  const rows = Float32Array.from({ length: 12 }, normal);
  const { model } = importFile('perceptron');
  const session = await answersOf(fileOf('perceptron'), rows, [3, 4]);
  const { probabilities } = await answersOf(writeModel(model), rows, [3, 4]);
  expect(relativeError(probabilities!, session['probabilities']!)).toBeLessThan(1e-4);
  const trained = await trainOnce(model, rows, 3);
  expect(trained.lossAfter).toBeLessThan(trained.loss);
});

test.each(['forest', 'forest-zipmap', 'logistic'])('a %s is refused with what can be done with it', (name) => {
  expect(() => importFile(name)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('engine: command') as string }) as Error,
  );
});
