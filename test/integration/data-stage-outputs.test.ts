import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Client } from '../../sidecar/contract/routes.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { trainyard } from '../support/shell.ts';
import { startSidecar, write } from '../support/workspace.ts';

let root: string;
let client: Client;

/** What `dvc repro` leaves of a stage that makes a table. */
const make = (text: string): void => {
  const md5 = createHash('md5').update(text).digest('hex');
  write(root, 'steps/rows.csv', text);
  write(root, 'steps/dvc.yaml', 'stages:\n  rows:\n    cmd: make-rows\n    outs:\n    - rows.csv\n');
  write(
    root,
    'steps/dvc.lock',
    `schema: '2.0'\nstages:\n  rows:\n    cmd: make-rows\n    outs:\n    - path: rows.csv\n      hash: md5\n      md5: ${md5}\n      size: ${text.length}\n`,
  );
};

beforeEach(async () => {
  root = freshWorkspace();
  ({ client } = await startSidecar(root));
  make('a,b\n1,2\n');
});

test('the status of what a stage of DVC makes is told against what dvc.lock names', async () => {
  await client.versionDataset({ path: 'steps/rows.csv' });
  expect(await client.dataStatus({ dataset: 'rows.csv' })).toMatchObject({ equal: true, version: { version: 1 } });
  write(root, 'steps/rows.csv', 'a,b\n1,3\n');
  const changed = await client.dataStatus({ dataset: 'steps/rows.csv' });
  expect(changed).toMatchObject({ equal: false, version: { version: 1 }, difference: { changed: 1 } });
});

test('a version of a stage that is not known yet is said to be so, and how it gets known', async () => {
  const unknown = {
    code: 'version-missing',
    message: 'steps/dvc.lock names a version of steps/rows.csv that is not known here.',
    hint: expect.stringContaining('trainyard data adopt steps/rows.csv') as string,
  };
  await expect(client.dataStatus({ dataset: 'steps/rows.csv' })).rejects.toMatchObject(unknown);
  await client.versionDataset({ path: 'steps/rows.csv' });
  make('a,b\n5,6\n');
  await expect(client.dataStatus({ dataset: 'rows.csv' })).rejects.toMatchObject(unknown);
});

test('taking back what a stage has made is refused in one sentence that says how DVC does it', async () => {
  await client.versionDataset({ path: 'steps/rows.csv' });
  make('a,b\n5,6\n');
  await client.versionDataset({ path: 'steps/rows.csv' });
  const lock = readFileSync(join(root, 'steps/dvc.lock'), 'utf8');
  const said = await trainyard('data', 'revert', 'rows.csv', '-C', root);
  expect(said.code).toBe(1);
  expect(said.stderr).toContain(
    'steps/rows.csv has no pointer of its own: steps/dvc.lock names its version, and only DVC writes that.',
  );
  expect(said.stderr).toContain('`dvc commit steps/dvc.yaml:rows`');
  expect(readFileSync(join(root, 'steps/rows.csv'), 'utf8')).toBe('a,b\n5,6\n');
  expect(readFileSync(join(root, 'steps/dvc.lock'), 'utf8')).toBe(lock);
});

test('data that nothing names is told apart from it', async () => {
  await client.versionDataset({ path: 'steps/rows.csv' });
  rmSync(join(root, 'steps/dvc.lock'));
  const nothing = { code: 'version-missing', message: 'steps/rows.csv.dvc names no version that is known here.' };
  await expect(client.dataStatus({ dataset: 'rows.csv' })).rejects.toMatchObject(nothing);
  await expect(client.revertData({ data: 'rows.csv' })).rejects.toMatchObject(nothing);
  await expect(client.dataStatus({ dataset: 'nowhere' })).rejects.toMatchObject({ code: 'dataset-missing' });
});
