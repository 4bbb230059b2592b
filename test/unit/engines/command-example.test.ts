import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareEnvironment } from '../../../sidecar/engines/command/environment.ts';
import type { CommandMetric } from '../../../sidecar/engines/command/metric-line.ts';
import { runCommand } from '../../../sidecar/engines/command/run-command.ts';

const example = fileURLToPath(new URL('../../../examples/node-trainer', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-example-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('the example in JavaScript trains on its rows and leaves a model that tells the held-out ones apart', async () => {
  const table = (await readFile(join(example, 'data/grain.csv'), 'utf8')).trim().split('\n').slice(1);
  const rows = table.map((line) => line.split(','));
  const classes = ['barley', 'oat', 'wheat'];
  const held = rows.flatMap((_, row) => (row % 4 === 3 ? [row] : []));
  const split = { train: rows.flatMap((_, row) => (row % 4 < 2 ? [row] : [])), validation: [2, 6, 10], test: held };
  await writeFile(join(folder, 'split.json'), JSON.stringify(split));

  const metrics: CommandMetric[] = [];
  const end = await runCommand({
    command: 'node train.mjs',
    cwd: example,
    env: await prepareEnvironment({
      from: process.env,
      configuration: { training: { epochs: 12, seed: 1 }, optimizer: { lr: 0.1 }, data: { batch_size: 32 } },
      configurationFile: join(folder, 'training.json'),
      dataFolder: join(example, 'data'),
      outFolder: folder,
      splitFile: join(folder, 'split.json'),
      run: 'run-1',
    }),
    outDir: folder,
    signal: new AbortController().signal,
    onOutput: () => undefined,
    onMetric: (metric) => metrics.push(metric),
    onWarning: (warning) => expect.unreachable(warning),
  });

  expect(end).toMatchObject({ exitCode: 0, signal: null });
  const losses = metrics.filter(({ name }) => name === 'loss');
  expect(losses.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(losses.at(-1)!.value).toBeLessThan(losses[0]!.value);

  const session = await InferenceSession.create(end.model!);
  expect(session.inputNames).toEqual(['input']);
  const values = Float32Array.from(held.flatMap((row) => rows[row]!.slice(0, -1).map(Number)));
  const { probabilities } = await session.run({ input: new Tensor('float32', values, [held.length, 4]) });
  const outputs = probabilities!.data as Float32Array;
  const right = held.filter((row, i) => {
    const shares = Array.from(outputs.subarray(3 * i, 3 * i + 3));
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    return classes[shares.indexOf(Math.max(...shares))] === rows[row]!.at(-1);
  });
  expect(right.length / held.length).toBeGreaterThan(0.88);
});
