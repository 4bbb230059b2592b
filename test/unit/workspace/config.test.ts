import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfiguration } from '../../../sidecar/workspace/config.ts';
import { unsupported } from '../../../sidecar/workspace/unsupported.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const resolve = (text: string, more: { overrides?: Record<string, string>; environment?: NodeJS.ProcessEnv } = {}) =>
  resolveConfiguration({ root: '/digits', path: 'config/training.yaml', text, environment: {}, ...more });

const plain = `model:
  name: resnet50
  pretrained: true
data:
  dataset: cifar10
  batch_size: 64
  image_size: 32
optimizer: {type: adam, lr: 0.001}
training: {epochs: 50, device: cuda:0}
`;
const least = 'model: {name: mlp}\ndata: {dataset: t.csv}\n';

test('the plain example is right as written, and all else has defaults', () => {
  const { training, findings } = resolve(plain);
  expect(findings).toEqual([]);
  expect(training).toMatchObject({
    model: { name: 'resnet50', pretrained: true },
    data: { split: { train: 0.8, seed: 0 } },
    training: { epochs: 50, device: 'cuda:0', engine: 'onnx' },
    gates: [],
  });
  expect(unsupported(training!)).toEqual([]);
});

test('a file that this version can do has nothing unsupported', () => {
  expect(unsupported(resolve(least).training!)).toEqual([]);
});

test('an unknown key is found at its line and column, with what was meant', () => {
  const { training, findings } = resolve('model: {name: mlp}\ndata:\n  dataset: t.csv\n  batch_sise: 3\n');
  expect(training).toBeNull();
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({
    code: 'configuration-invalid',
    places: [{ file: 'config/training.yaml', line: 4, column: 3 }],
  });
  expect(findings[0]!.message).toMatch(/batch_sise.*batch_size/);
});

test.each([
  ['a value out of range', 'model: {name: mlp}\ndata: {dataset: t.csv}\ntraining: {epochs: 0}\n', 3],
  ['a missing section', 'model: {name: mlp}\n', 1],
  ['a wrong kind of value', 'model: {name: mlp}\ndata: {dataset: t.csv}\noptimizer:\n  lr: fast\n', 4],
  ['broken YAML', 'model: {name: mlp\ndata: [\n', 1],
])('%s is a finding with a place', (_what, text, line) => {
  const { training, findings } = resolve(text);
  expect(training).toBeNull();
  expect(findings.length).toBeGreaterThan(0);
  expect(findings[0]!.places![0]!.line).toBeGreaterThanOrEqual(line);
});

test('nothing at all is refused in words', () => {
  for (const text of ['', '# only a comment\n', 'null\n', '[]\n', 'text\n']) {
    const { training, findings } = resolve(text);
    expect(training).toBeNull();
    expect(findings.length).toBeGreaterThan(0);
  }
});

test('anchors and merge keys are resolved and x- keys are free', () => {
  const { training, findings } = resolve(
    `x-common: &common {batch_size: 8, image_size: 28}\nmodel: {name: mlp}\ndata:\n  <<: *common\n  dataset: t.csv\n  image_size: 32\n`,
  );
  expect(findings).toEqual([]);
  expect(training!.data).toMatchObject({ batch_size: 8, image_size: 32 });
});

test('a bomb of aliases and a file of more than a megabyte are refused quickly', () => {
  const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let at = 1; at < 10; at++)
    lines.push(
      `b${at}: &a${at} [${Array(9)
        .fill(`*a${at - 1}`)
        .join(', ')}]`,
    );
  const from = performance.now();
  expect(resolve(`${lines.join('\n')}\n${least}`).training).toBeNull();
  expect(resolve(`${least}x-long: ${'y'.repeat(1 << 20)}\n`).training).toBeNull();
  expect(performance.now() - from).toBeLessThan(5_000);
});

test('overrides are read as YAML and win over the file', () => {
  const { training } = resolve(least, {
    overrides: {
      'optimizer.lr': '0.5',
      'training.epochs': '3',
      'model.params.hidden': '[8, 4]',
      'data.dataset': 'other.csv@v2',
    },
  });
  expect(training).toMatchObject({
    optimizer: { lr: 0.5 },
    training: { epochs: 3 },
    model: { params: { hidden: [8, 4] } },
    data: { dataset: 'other.csv@v2' },
  });
});

test('an override that is wrong is a finding that names the setting', () => {
  for (const overrides of [{ 'optimizer.lr': 'fast' }, { 'optimizer.rl': '1' }, { nonsense: '1' }]) {
    const { training, findings } = resolve(least, { overrides });
    expect(training).toBeNull();
    expect(JSON.stringify(findings)).toContain(Object.keys(overrides)[0]!.split('.').at(-1));
  }
});

test('an override that is no YAML is a finding, not a crash', () => {
  const { training, findings } = resolve(least, { overrides: { 'optimizer.lr': '[1, ' } });
  expect(training).toBeNull();
  expect(findings.length).toBeGreaterThan(0);
});

test('environment variables are put in, numbers as numbers, and a missing one is a finding at its place', () => {
  const text = 'model: {name: mlp}\ndata: {dataset: "${env:FOLDER}/t.csv"}\noptimizer:\n  lr: ${env:RATE}\n';
  const { training } = resolve(text, { environment: { FOLDER: 'data', RATE: '0.25' } });
  expect(training).toMatchObject({ data: { dataset: 'data/t.csv' }, optimizer: { lr: 0.25 } });
  const missing = resolve(text, { environment: { FOLDER: 'data' } });
  expect(missing.training).toBeNull();
  expect(missing.findings[0]).toMatchObject({ places: [{ line: 4 }] });
  expect(missing.findings[0]!.message).toContain('RATE');
});

test('the experiment is named by the file, else by the folder above config, else by the workspace', () => {
  expect(resolve(`name: mine\n${least}`).experiment).toBe('mine');
  expect(resolve(least).experiment).toBe('digits');
  const named = (path: string) =>
    resolveConfiguration({ root: '/digits', path, text: least, environment: {} }).experiment;
  expect(named('projects/cats/config/training.yaml')).toBe('cats');
  expect(named('training.yaml')).toBe('digits');
});

test('a file is read from the workspace, and one that is not there is a fault', () => {
  const root = freshFolder();
  mkdirSync(join(root, 'config'));
  writeFileSync(join(root, 'config/training.yaml'), least);
  expect(resolveConfiguration({ root, path: 'config/training.yaml', environment: {} }).training).not.toBeNull();
  expect(() => resolveConfiguration({ root, path: 'other.yaml', environment: {} })).toThrow(
    expect.objectContaining({ code: 'configuration-missing' }) as Error,
  );
});

test('keys of the prototype are unknown keys and nothing more', () => {
  const { training, findings } = resolve(`${least}__proto__: {polluted: 1}\n`);
  expect(training === null || !('polluted' in training)).toBe(true);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(findings.length).toBeGreaterThan(0);
  resolve(least, { overrides: { '__proto__.polluted': '1' } });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
