import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { routes } from '../../sidecar/contract/routes.ts';
import { Run } from '../../sidecar/contract/run.ts';
import { speak, trainyard, type Said } from '../support/shell.ts';
import { sharedWorkspace } from '../support/fresh-workspace.ts';
import { halfImage, halvesConfiguration, startSidecar, trainOnce, write, writeHalves } from '../support/workspace.ts';
import type { Connection } from '../../sidecar/client/connect.ts';

/** One workspace for all: r1 is champion halves v1, r2 is v2 and waits, r3 and later are made by the tests. */
const root = sharedWorkspace();
let connection: Connection;
beforeAll(async () => {
  writeHalves(root, 20);
  connection = await startSidecar(root);
  await trainOnce(connection);
  await trainOnce(connection, { overrides: { 'optimizer.lr': '0.03' } });
});

const here = (...words: string[]) => trainyard(...words, '-C', root);
const json = async (...words: string[]): Promise<unknown> => {
  const said = await here(...words, '--json');
  expect(said, said.stderr).toMatchObject({ code: 0 });
  return JSON.parse(said.stdout);
};
const escapes = /[\u001B\r]/;
const plain = (said: Said) => expect(said.stdout + said.stderr).not.toMatch(escapes);

const verbs = [
  ...['train', 'runs', 'compare', 'models', 'promote', 'rollback', 'export', 'serve', 'drift', 'version'],
  ...['diff', 'checkout', 'verify', 'doctor'],
];

test('--help lists every command, and each command explains itself and takes --json and -C', async () => {
  const main = await trainyard('--help');
  expect(main.code).toBe(0);
  expect(main.stderr).toBe('');
  expect(main.stdout).toContain('Exit codes: 0 done, 1 fault, 2 wrong usage, 3 held at the gate.');
  for (const verb of verbs) expect(main.stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'));
  const helps = await Promise.all(verbs.map((verb) => trainyard(verb, '--help')));
  for (const [at, help] of helps.entries()) {
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(new RegExp(`^Usage: trainyard ${verbs[at] ?? ''}\\b`));
    expect(help.stdout).toContain('--json');
    expect(help.stdout).toContain('--workspace');
    plain(help);
  }
});

test.each([
  [[], 'Usage: trainyard'],
  [['nonsense'], "unknown command 'nonsense'"],
  [['train', '--nonsense'], "unknown option '--nonsense'"],
  [['train', 'a', 'b'], 'too many arguments'],
  [['train', '--until', 'never'], 'Allowed choices are'],
  [['runs', '--limit', 'many'], 'It must be a whole number'],
  [['promote', 'halves'], "missing required argument 'version'"],
  [['promote', 'halves', 'v0'], 'It must be a whole number'],
  [['serve', 'halves', '--port', '70000'], 'It must be 0 to 65535'],
  [['diff', 'halves', '1', 'elsewhere'], 'It must be a whole number'],
  [['compare', 'r1', 'second'], 'It must be a run'],
])('wrong usage %j exits with 2 and says what is wrong', async (words, sentence) => {
  const said = await here(...words);
  expect(said).toMatchObject({ code: 2, stdout: '' });
  expect(said.stderr).toContain(sentence);
  expect(said.stderr).not.toContain('    at ');
});

test('train ends with 0 and plain lines, one a stage, when there is no terminal', async () => {
  const said = await here('train', '--until', 'evaluate', '--fresh');
  expect(said.code).toBe(0);
  plain(said);
  expect(said.stdout).toMatch(/^r\d+ done, accuracy [\d.]+$/m);
  const stages = said.stderr.split('\n').map((line) => line.split(/\s+/)[1]);
  expect(stages.slice(0, 4)).toEqual(['version', 'featurize', 'train', 'evaluate']);
});

test('train --json gives the whole run on stdout and nothing else', async () => {
  const run = Run.parse(
    await json('train', '--set', 'optimizer.lr=0.04', '--set', 'name=other', '--until', 'evaluate'),
  );
  expect(run).toMatchObject({
    status: 'done',
    experiment: 'other',
    overrides: { 'optimizer.lr': '0.04', name: 'other' },
  });
  expect(run.training.optimizer.lr).toBe(0.04);
});

test('a run held at its gate ends with 3 and its reason', async () => {
  write(root, 'strict/training.yaml', `${halvesConfiguration}gates: [{metric: log_loss, at_most: 0}]\n`);
  const said = await here('train', 'strict/training.yaml', '--json');
  expect(said.code).toBe(3);
  expect(Run.parse(JSON.parse(said.stdout)).status).toBe('held');
  const text = await here('train', 'strict/training.yaml');
  expect(text.code).toBe(3);
  expect(text.stdout).toMatch(/held.*\nlog_loss ≤ 0: failed\./);
});

test('a fault ends with 1: a sentence and a hint on stderr, with --json the fault on stdout', async () => {
  const said = await here('train', 'nowhere/training.yaml');
  expect(said).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'nowhere/training.yaml cannot be read.\nGive the path of a training.yaml, relative to the workspace.\n',
  });
  const asJson = await here('train', 'nowhere/training.yaml', '--json');
  expect(asJson.code).toBe(1);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ fault: { code: 'configuration-missing' } });
});

test('a failed run ends with 1 and its fault', async () => {
  const said = await here(
    'train',
    '--set',
    'optimizer.type=sgd',
    '--set',
    'optimizer.lr=100',
    '--set',
    'training.epochs=200',
  );
  expect(said.code).toBe(1);
  expect(said.stdout).toMatch(/failed[\s\S]*Training stopped at step \d+/);
});

test('an unknown key is told with file, line and column', async () => {
  write(root, 'wrong/training.yaml', halvesConfiguration.replace('epochs: 4', 'epoch: 4'));
  const said = await here('train', 'wrong/training.yaml');
  expect(said.code).toBe(1);
  expect(said.stderr).toMatch(/epochs/);
  expect(said.stderr).toContain('  wrong/training.yaml:5:12\n');
});

test.each([
  ['optimizer.lr={', 'optimizer.lr'],
  ['optimizer.lr=fast', 'optimizer.lr'],
  ['optimizer.rate=1', 'rate'],
  ['=1', ''],
])('--set %s is refused, in words that name it', async (pair, named) => {
  const said = await here('train', '--set', pair);
  expect(said.code).toBe(1);
  expect(said.stderr).toContain(named);
  expect(said.stderr).not.toMatch(/    at |reference/);
});

test('runs, compare and models answer in tables and in the JSON of the contract', async () => {
  const runs = routes.listRuns.output.parse(await json('runs'));
  expect(runs.map((run) => run.id)).toEqual(expect.arrayContaining(['r1', 'r2']));
  expect(routes.listRuns.output.parse(await json('runs', 'halves', '-n', '1'))).toHaveLength(1);
  const table = await here('runs');
  expect(table.stdout).toMatch(/^run +experiment +status/);
  plain(table);

  const comparison = routes.compareRuns.output.parse(await json('compare', 'r1', 'r2'));
  expect(comparison.parameters.filter((row) => row.differs)).toEqual([
    { name: 'optimizer.lr', values: ['0.02', '0.03'], differs: true },
  ]);
  expect((await here('compare', 'r1', 'r2')).stdout).toMatch(/optimizer\.lr +0\.02 +0\.03/);
  expect((await here('compare', 'r1', 'r99')).stderr).toContain('There is no run r99 in this workspace.');

  const models = routes.listModels.output.parse(await json('models'));
  expect(models.map((model) => `${model.name} v${model.version}`).sort()).toEqual(['halves v1', 'halves v2']);
  const trail = z
    .object({ versions: routes.listModels.output, moves: routes.listAliasMoves.output })
    .parse(await json('models', 'halves'));
  expect(trail.moves[0]).toMatchObject({ alias: 'champion', from: null, to: 1, why: 'first version' });
});

test('promote and rollback move the champion and leave a trail', async () => {
  expect(await json('promote', 'halves', 'v2', '--why', 'quicker')).toMatchObject({ from: 1, to: 2, why: 'quicker' });
  const back = await here('rollback', 'halves');
  expect(back).toMatchObject({ code: 0, stderr: '' });
  expect(back.stdout).toMatch(/^champion of halves: v2 → v1 \(by .+\)\.\n$/);
  expect((await here('promote', 'halves', '9')).stderr).toContain('There is no halves v9 in the registry.');
});

test('export writes the ONNX file relative to where the shell is', async () => {
  const to = join(root, 'out.onnx');
  const written = routes.exportModel.output.parse(await json('export', 'halves', '1', to));
  expect(written).toEqual({ path: to, bytes: statSync(to).size });
  const refused = await here('export', 'halves', '1', join(root, 'no/such/out.onnx'));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('out.onnx cannot be written (ENOENT)');
});

test('serve --detach leaves an endpoint that answers, drift tells of it, --stop ends it', async () => {
  const access = routes.openEndpoint.output.parse(await json('serve', 'halves', '--detach'));
  const reply = await fetch(`${access.url ?? ''}/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access.token ?? ''}`, 'content-type': 'image/png' },
    body: halfImage('left', 5) as Uint8Array<ArrayBuffer>,
  });
  expect(await reply.json()).toMatchObject({ predictions: [{ label: 'left' }] });
  expect(routes.listEndpoints.output.parse(await json('serve'))).toMatchObject([{ name: 'halves', state: 'serving' }]);
  expect(routes.getDrift.output.parse(await json('drift', 'halves')).endpoint).toBe('halves');
  const drift = await here('drift', 'halves');
  expect(drift.stdout).toMatch(/^feature +verdict +PSI/m);
  plain(drift);
  expect(routes.closeEndpoint.output.parse(await json('serve', 'halves', '--stop')).state).toBe('stopped');
  await expect(fetch(`${access.url ?? ''}/v2/health/live`)).rejects.toThrow();
  expect((await here('drift', 'nowhere')).stderr).toContain('There is no endpoint nowhere.');
});

test('serve in the foreground answers until Ctrl-C, and then closes its endpoint', async () => {
  const { child, end, notes } = speak(['serve', 'halves', '-C', root]);
  await expect.poll(notes, { timeout: 30_000 }).toContain('Ctrl-C stops it.');
  expect((await connection.client.listEndpoints({}))[0]?.state).toBe('serving');
  child.kill('SIGINT');
  const said = await end;
  expect(said.code).toBe(0);
  expect(said.stdout).toMatch(/^halves v1 answers at http:\/\/127\.0\.0\.1:\d+\nToken: [\w-]+\n/);
  expect((await connection.client.listEndpoints({}))[0]?.state).toBe('stopped');
});

test('version, diff, checkout and verify keep data, show what changed and bring it back', async () => {
  const file = join(root, 'data/raw/halves/left/000.png');
  const bytes = readFileSync(file);
  expect(routes.versionDataset.output.parse(await json('version', 'data/raw/halves'))).toMatchObject({ version: 1 });
  rmSync(file);
  expect(routes.compareData.output.parse(await json('diff', 'halves', 'v1'))).toMatchObject({
    files: { removed: 1 },
    to: { label: 'disk' },
  });
  const difference = await here('diff', 'halves', '1');
  expect(difference.stdout).toMatch(/^halves {2}v1 → disk\n1 file removed\.\n[^]*− left\/000\.png/);
  plain(difference);
  expect(routes.restoreDataset.output.parse(await json('checkout', 'halves', '1', '--force')).written).toBe(1);
  expect(readFileSync(file)).toEqual(bytes);
  expect(await json('verify', 'halves', '1')).toEqual({ files: 40, damaged: [] });
  expect((await here('verify', 'halves', '7')).stderr).toContain('The data set halves has no version v7.\nIt has v1.');
  expect(routes.listDatasets.output.parse(await json('version'))).toHaveLength(1);
});

test('doctor examines, in lines and in JSON', async () => {
  const findings = routes.examine.output.parse(await json('doctor'));
  expect(findings.map((finding) => finding.name)).toEqual(
    expect.arrayContaining(['node', 'sqlite', 'device', 'store', 'disk']),
  );
  const text = await here('doctor');
  expect(text).toMatchObject({ code: 0, stderr: '' });
  plain(text);
});

test('Ctrl-C while training cancels the run and waits until it has stopped', async () => {
  const { child, end, notes } = speak(['train', '-C', root, '--json', '--set', 'training.epochs=100000', '--fresh']);
  await expect.poll(notes, { timeout: 30_000 }).toContain('featurize');
  child.kill('SIGINT');
  const said = await end;
  expect(said.code).toBe(1);
  expect(said.stderr).toContain('Cancelling …');
  const run = Run.parse(JSON.parse(said.stdout));
  expect(run.status).toBe('cancelled');
  expect((await connection.client.getRun({ run: run.id })).status).toBe('cancelled');
});

test('Ctrl-C before the run has begun leaves no run that goes on', async () => {
  const before = (await connection.client.listRuns({})).map((run) => run.id);
  for (const delayMs of [250, 350, 450]) {
    const { child, end } = speak(['train', '-C', root, '--set', 'training.epochs=100000', '--fresh']);
    setTimeout(() => child.kill('SIGINT'), delayMs);
    const { code } = await end;
    expect(code).not.toBe(0);
  }
  const since = (await connection.client.listRuns({})).filter((run) => !before.includes(run.id));
  expect(since.map((run) => run.status)).toEqual(since.map(() => 'cancelled'));
});

test('a second Ctrl-C ends the command at once', async () => {
  const { child, end, notes } = speak(['serve', 'halves', '-C', root]);
  await expect.poll(notes, { timeout: 30_000 }).toContain('Ctrl-C stops it.');
  process.kill(connection.greeting.pid, 'SIGSTOP');
  try {
    child.kill('SIGINT');
    await sleep(500);
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    await end;
    expect(child.signalCode).toBe('SIGINT');
  } finally {
    process.kill(connection.greeting.pid, 'SIGCONT');
  }
});
