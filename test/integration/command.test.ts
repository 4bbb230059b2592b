import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { halvesConfiguration, startSidecar, trainOnce, write, writeHalves } from '../support/workspace.ts';

let root: string;
beforeEach(() => {
  root = freshWorkspace();
});

const example = (name: string) => cpSync(join(import.meta.dirname, '../../examples', name), root, { recursive: true });

const byCommand = (command: string) =>
  halvesConfiguration.replace('training: {', `training: {engine: command, command: '${command}', `);

test('the Node trainer goes through the whole loop, its curves live, its model served', async () => {
  example('node-trainer');
  const connection = await startSidecar(root);
  const run = await trainOnce(connection);
  expect(run.fault).toBeNull();
  expect(run.status).toBe('done');
  expect(run.nouns.candidate?.engine).toBe('command');
  const curves = await connection.client.getCurves({ runs: [run.id] });
  expect(curves[0]?.total).toBeGreaterThan(1);
  expect(run.metric?.value).toBeGreaterThan(0.8);
});

/** Installs what the example asks for. @returns why that is not possible here, or null */
const installPython = (): string | null => {
  try {
    execFileSync('python3', ['-m', 'venv', '.venv'], { cwd: root, stdio: 'pipe' });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'];
    execFileSync(join(root, '.venv', 'bin', 'python'), pip, { cwd: root, stdio: 'pipe' });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

test('a Python trainer with scikit-learn goes through the whole loop', { timeout: 600_000 }, async ({ skip }) => {
  example('python-trainer');
  const why = installPython();
  if (why !== null) skip(`Python cannot install scikit-learn here: ${why}`);
  const connection = await startSidecar(root);
  const run = await trainOnce(connection, { overrides: { 'training.command': '.venv/bin/python train.py' } });
  expect(run.fault).toBeNull();
  expect(run.status).toBe('done');
  expect(run.metric?.value).toBeGreaterThan(0.8);
});

test('a command that leaves no model is a tracked run that ends before evaluation, and says so', async () => {
  writeHalves(root, 20);
  write(root, 'config/training.yaml', byCommand('echo hello from the script'));
  const connection = await startSidecar(root);
  const run = await trainOnce(connection);
  expect(run.status).toBe('done');
  expect(run.stages.find((stage) => stage.stage === 'train')?.note).toContain('left no model.onnx');
  expect(run.stages.find((stage) => stage.stage === 'evaluate')?.status).toBe('skipped');
  const log = await connection.client.getLog({ run: run.id });
  expect(log.map((line) => line.text)).toContain('hello from the script');
});

test('an exit code other than 0 fails the run and is named', async () => {
  writeHalves(root, 20);
  write(root, 'config/training.yaml', byCommand('exit 3'));
  const run = await trainOnce(await startSidecar(root));
  expect(run.fault).toMatchObject({ code: 'command-failed', message: 'The command `exit 3` ended with exit code 3.' });
});

test('the command finds the pinned data read-only, the split, and its run in the environment', async () => {
  writeHalves(root, 20);
  write(
    root,
    'look.mjs',
    `import { accessSync, constants, readFileSync, readdirSync } from 'node:fs';
const { TRAINYARD_DATA, TRAINYARD_SPLIT, TRAINYARD_RUN_ID, TRAINYARD_CONFIG, VSCODE_PID } = process.env;
const file = TRAINYARD_DATA + '/halves/left/000.png';
let writable = true;
try { accessSync(file, constants.W_OK); } catch { writable = false; }
const split = JSON.parse(readFileSync(TRAINYARD_SPLIT, 'utf8'));
console.log(JSON.stringify({ run: TRAINYARD_RUN_ID, epochs: JSON.parse(TRAINYARD_CONFIG).training.epochs, classes: readdirSync(TRAINYARD_DATA + '/halves'), mode: writable && process.getuid() !== 0, rows: split.train.length + split.validation.length + split.test.length, leak: VSCODE_PID ?? null }));
`,
  );
  write(root, 'config/training.yaml', byCommand('node look.mjs'));
  process.env['VSCODE_PID'] = '1';
  const connection = await startSidecar(root);
  delete process.env['VSCODE_PID'];
  const run = await trainOnce(connection);
  const log = await connection.client.getLog({ run: run.id });
  const said = log.map((line) => line.text).find((text) => text.startsWith('{')) ?? '{}';
  expect(JSON.parse(said)).toEqual({
    run: 'r1',
    epochs: 4,
    classes: ['left', 'right'],
    mode: false,
    rows: 40,
    leak: null,
  });
});
