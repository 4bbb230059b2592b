import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../sidecar/client/connect.ts';
import { routes } from '../../sidecar/contract/routes.ts';
import { trainyard } from '../support/shell.ts';
import { sharedWorkspace } from '../support/fresh-workspace.ts';
import { startSidecar, trainOnce, write } from '../support/workspace.ts';

const root = sharedWorkspace();
let connection: Connection;

const people = (...rows: string[]) => `id,age,label\n${rows.join('\n')}\n`;
const configuration = `model: {name: linear}
data:
  dataset: data/people.csv
  checks:
    - {columns: [id, age, label], only: true}
    - {column: age, type: integer, at_least: 0, at_most: 120}
    - {unique: [id], on_fail: warn}
`;
/** What a hook says goes to stderr, whichever stream it is written on. */
const git = async (...words: string[]): Promise<string> => {
  const identity = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.org'];
  return (await promisify(execFile)('git', [...identity, ...words], { cwd: root })).stdout;
};

beforeAll(async () => {
  await git('init', '-q', '-b', 'main');
  write(root, '.gitignore', '.trainyard/\n');
  write(root, 'config/training.yaml', configuration);
  write(root, 'data/people.csv', people('1,30,yes', '2,131,no', '2,-4,yes'));
  connection = await startSidecar(root);
});

test('data on disk are judged, each condition at its line of the configuration', async () => {
  const [check, ...others] = await connection.client.checkData({});
  expect(others).toEqual([]);
  expect(check).toMatchObject({ data: 'data/people.csv', state: 'disk', rows: 3, blocked: true });
  expect(check?.verdicts.map(({ rule, passed, place }) => [rule, passed, place.line, place.column])).toEqual([
    ['columns are id, age, label and no others', true, 5, 8],
    ['age is integer', true, 6, 21],
    ['age is 0 to 120', false, 6, 36],
    ['id unique', false, 7, 8],
  ]);
  expect(check?.verdicts[2]?.examples).toEqual([
    { at: 'row 2', value: '131' },
    { at: 'row 3', value: '-4' },
  ]);
});

test('trainyard data check tells it in aligned lines and ends with 3', async () => {
  const said = await trainyard('data', 'check', 'data/people.csv', '-C', root);
  expect(said.code).toBe(3);
  expect(said.stdout).toMatch(
    /^✗ broken {2}age is 0 to 120 .*2 of 3 rows break it, the first row 2: 131\. +config\/training\.yaml:6$/m,
  );
  expect(said.stdout).toMatch(/^! warns +id unique/m);
  const json = await trainyard('data', 'check', '--json', '-C', root);
  expect(routes.checkData.output.parse(JSON.parse(json.stdout))[0]?.blocked).toBe(true);
  const nothing = await trainyard('data', 'check', 'data/other.csv', '-C', root);
  expect(nothing).toMatchObject({ code: 1 });
  expect(nothing.stderr).toContain('No configuration of this workspace has checks for data/other.csv.');
});

test('a run is held before anything is learned from data that break a check', async () => {
  const run = await trainOnce(connection);
  expect(run.status).toBe('held');
  expect(run.reasons).toEqual(['data.checks[1]: age is 0 to 120. 2 of 3 rows break it, the first row 2: 131.']);
  expect(run.stages.find(({ stage }) => stage === 'featurize')?.status).toBe('skipped');
});

test('what breaks a check is not pushed, and the place that it would go to stays empty', async () => {
  const remote = join(root, 'elsewhere');
  await connection.client.addRemote({ name: 'elsewhere', url: remote });
  await expect(connection.client.pushData({ dataset: 'people.csv' })).rejects.toMatchObject({
    code: 'data-check-failed',
    message:
      'data/people.csv v1 does not meet a check of its configuration. data.checks[1]: age is 0 to 120. 2 of 3 rows break it, the first row 2: 131.',
    places: [{ file: 'config/training.yaml', line: 6 }],
  });
  expect(existsSync(remote)).toBe(false);
});

test('a pre-commit hook keeps broken data out of Git and lets whole data in, also with commit -a', async () => {
  const program = join(import.meta.dirname, '../../bin/trainyard.mjs');
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  const hook = join(root, '.git/hooks/pre-commit');
  writeFileSync(hook, `#!/bin/sh\nexec '${process.execPath}' '${program}' data check --staged -C '${root}'\n`);
  chmodSync(hook, 0o755);
  await git('add', '.gitignore', 'config', 'data/people.csv.dvc', 'data/.gitignore');
  await expect(git('commit', '-qm', 'broken')).rejects.toThrow(/staged \(v1\)[^]*✗ broken {2}age is 0 to 120/);
  write(root, 'data/people.csv', people('1,30,yes', '2,13,no'));
  await connection.client.versionDataset({ path: 'data/people.csv' });
  await git('add', 'data/people.csv.dvc');
  await git('commit', '-qm', 'whole');
  write(root, 'data/people.csv', people('1,30,yes', '2,1300,no'));
  await connection.client.versionDataset({ path: 'data/people.csv' });
  await expect(git('commit', '-qam', 'broken again')).rejects.toThrow(/staged \(v3\)[^]*✗ broken {2}age is 0 to 120/);
  expect((await git('log', '--format=%s')).trim()).toBe('whole');
  // Nothing of the data is staged now: nothing is checked.
  expect((await trainyard('data', 'check', '--staged', '-C', root)).stdout).toBe('Nothing has checks.\n');
});

test('a configuration with findings lets no data through that it trains on, and none other suffers from it', async () => {
  write(
    root,
    'config/elsewhere.training.yaml',
    'model: {name: linear}\ndata: {dataset: data/more.csv, checks: [{column: a}]}\n',
  );
  expect(await connection.client.checkData({ path: 'data/people.csv' })).toHaveLength(1);
  await expect(connection.client.checkData({ path: 'data/more.csv' })).rejects.toMatchObject({
    code: 'configuration-invalid',
    places: [{ file: 'config/elsewhere.training.yaml', line: 2 }],
  });
  await expect(connection.client.checkData({})).rejects.toMatchObject({ code: 'configuration-invalid' });
});
