import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { trainyard } from '../support/shell.ts';
import { endSidecars, startSidecar, trainOnce, writeHalves } from '../support/workspace.ts';
import { dvcRepository, installDvc } from './dvc-repository.ts';

beforeAll(installDvc);
afterEach(endSidecars);

/** DVC is waited for without a turn for anything else: a sidecar hears nothing of us meanwhile, and ends. */
const reconnect = async (root: string) => (await startSidecar(root)).client;

test('what Trainyard versions in a mere Git repository, DVC checks out; executable bits inside folders are kept by us alone', async () => {
  const repository = dvcRepository('git');
  const { root, path } = repository;
  repository.write({ 'data/tools/run.sh': '#!/bin/sh\n', 'data/tools/ein name ': 'x' });
  chmodSync(path('data/tools/run.sh'), 0o755);
  const { client } = await startSidecar(root);
  await client.versionDataset({ path: 'data/tools' });
  const said = await trainyard('data', 'export-dvc', 'tools', 'v1', '-C', root);
  expect(said.stdout).toMatch(/^3 objects \(.*\) written to .*\.dvc.cache, 0 were there\.$/m);
  const pointer = readFileSync(path('data/tools.dvc'), 'utf8');

  rmSync(path('data/tools'), { recursive: true });
  repository.dvc('checkout');
  expect(readFileSync(path('data/tools/ein name '), 'utf8')).toBe('x');
  expect(statSync(path('data/tools/run.sh')).mode & 0o111).toBe(0);
  expect(JSON.parse(repository.dvc('status', '--json'))).toEqual({});
  repository.dvc('add', 'data/tools');
  expect(readFileSync(path('data/tools.dvc'), 'utf8')).toBe(pointer);

  await (await reconnect(root)).restoreDataset({ dataset: 'tools', version: 1 });
  expect(statSync(path('data/tools/run.sh')).mode & 0o111).toBe(0o111);
  expect(JSON.parse(repository.dvc('status', '--json'))).toEqual({});
  repository.git('add', '--all');
  expect(repository.git('ls-files').split('\n')).not.toContain('data/tools/run.sh');
});

test('a repository of DVC opens without conversion: its data is listed, trained from without a checkout, and put on disk', async () => {
  const repository = dvcRepository();
  const { root, path } = repository;
  writeHalves(root, 12);
  repository.write({ 'notes.txt': 'n', 'lost.txt': 'l' });
  repository.dvc('add', 'data/raw/halves', 'notes.txt', 'lost.txt');
  const pointer = readFileSync(path('data/raw/halves.dvc'), 'utf8');
  const picture = readFileSync(path('data/raw/halves/left/000.png'));
  for (const name of ['data/raw/halves', 'notes.txt', 'lost.txt']) rmSync(path(name), { recursive: true });
  const lost = /md5: (..)(\w+)/.exec(readFileSync(path('lost.txt.dvc'), 'utf8'));
  rmSync(path(`.dvc/cache/files/md5/${lost?.[1]}/${lost?.[2]}`));

  const connection = await startSidecar(root);
  const { client } = connection;
  const run = await trainOnce(connection);
  expect(run.status).toBe('done');
  expect(run.stages[0]).toMatchObject({ stage: 'version', note: 'halves v1, as its file of DVC names it' });
  expect(existsSync(path('data/raw/halves'))).toBe(false);
  expect(readFileSync(path('data/raw/halves.dvc'), 'utf8')).toBe(pointer);

  const { data } = await client.listTrackedData({});
  expect(data.map((one) => [one.path, one.found, one.version])).toEqual([
    ['data/raw/halves', 'store', 1],
    ['lost.txt', 'elsewhere', null],
    ['notes.txt', 'cache', null],
  ]);
  const said = await trainyard('data', 'adopt', 'notes.txt', '-C', root);
  expect(said.stdout).toContain('notes.txt as DVC has it is notes.txt@v1: 1 files, 1 B.');
  await expect(client.adoptData({ path: 'lost.txt' })).rejects.toMatchObject({ code: 'version-missing' });
  await expect(client.adoptData({ path: 'other' })).rejects.toMatchObject({ code: 'dataset-missing' });

  await client.restoreDataset({ dataset: 'halves', version: 1 });
  expect(readFileSync(path('data/raw/halves/left/000.png'))).toEqual(picture);
  expect(JSON.parse(repository.dvc('status', '--json', 'data/raw/halves.dvc'))).toEqual({});
  repository.dvc('add', 'data/raw/halves');
  expect((await (await reconnect(root)).dataStatus({ dataset: 'halves' })).equal).toBe(true);
});
