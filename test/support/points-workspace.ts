import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Rows in data/points.csv. */
const rowCount = 400;

/** Training that ends within seconds. */
export const quickTraining = `name: points
model:
  name: mlp
  params: {hidden: [16]}
data:
  dataset: ./data/points.csv
  target: side
  batch_size: 32
optimizer:
  type: adam
  lr: 0.01
training:
  epochs: 4
  device: cpu
gates:
  - metric: accuracy
    at_least: 0.6
monitor:
  window_rows: 50
`;

/** Training that lasts until it is stopped. */
export const endlessTraining = quickTraining
  .replace('epochs: 4', 'epochs: 100000')
  .replace('name: points', 'name: endless');

/**
 * A fresh workspace with a small table and its training.yaml: points left and right of a slanted line; and the way to
 * remove it, for a suite that needs it before its first test.
 */
export async function pointsWorkspace(files: Readonly<Record<string, string>> = {}) {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'workspace-')));
  const contents = { 'config/training.yaml': quickTraining, 'data/points.csv': points(), ...files };
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }) };
}

function points(): string {
  const rows = Array.from({ length: rowCount }, (_, index) => {
    // Two irrational steps spread the points evenly without a random source.
    const x = (index * 0.618034) % 1;
    const y = (index * 0.754878) % 1;
    return `${x.toFixed(4)},${y.toFixed(4)},${x + 0.5 * y > 0.75 ? 'right' : 'left'}`;
  });
  return ['x,y,side', ...rows, ''].join('\n');
}
