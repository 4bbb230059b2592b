import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../sidecar/client/connect.ts';
import { routes } from '../../sidecar/contract/routes.ts';
import { trainyard } from '../support/shell.ts';
import { sharedWorkspace } from '../support/fresh-workspace.ts';
import { halfImage, startSidecar, write } from '../support/workspace.ts';

/** `main` has v1 of a table and of pictures, `feature` v2 of both; the tree of files is that of `feature`. */
const root = sharedWorkspace();
let connection: Connection;

const git = (...words: string[]) =>
  promisify(execFile)('git', ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.org', ...words], { cwd: root });
const commit = async (message: string) => {
  await connection.client.versionDataset({ path: 'data/people.csv' });
  await connection.client.versionDataset({ path: 'data/images' });
  await git('add', '-A');
  await git('commit', '-qm', message);
};
const people = (rows: readonly string[]) => `id,age,answer\n${rows.join('\n')}\n`;

beforeAll(async () => {
  await git('init', '-q', '-b', 'main');
  write(root, 'config/training.yaml', 'model: {name: mlp}\ndata: {dataset: data/people.csv, target: answer}\n');
  write(root, '.gitignore', '.trainyard/\n');
  write(root, 'data/people.csv', people(['1,30,yes', '2,41,no', '3,25,yes']));
  for (let at = 0; at < 4; at++) write(root, `data/images/left/${at}.png`, halfImage('left', at));
  connection = await startSidecar(root);
  await commit('one');
  await git('checkout', '-qb', 'feature');
  write(root, 'data/people.csv', people(['1,31,yes', '2,41,yes', '4,52,no']));
  write(root, 'data/images/left/0.png', halfImage('left', 99));
  write(root, 'data/images/right/4.png', halfImage('right', 4));
  await commit('two');
});

test('two branches are compared by what their pointers name, with the target of the configuration', async () => {
  const found = await connection.client.compareData({
    data: 'data/people.csv.dvc',
    from: { kind: 'commit', revision: 'main' },
    to: { kind: 'commit', revision: 'feature' },
  });
  expect(found).toMatchObject({ data: 'people.csv', from: { label: 'main (v1)' }, to: { label: 'feature (v2)' } });
  expect(found.tables[0]).toMatchObject({
    rows: { added: 1, removed: 1, changed: 2 },
    labels: { column: 'answer', flipped: 1, pairs: [{ from: 'no', to: 'yes', count: 1, examples: ['2'] }] },
  });
  const { markdown } = await connection.client.describeDataDifference({ difference: found.id });
  expect(markdown).toContain('## Data: people.csv main (v1) → feature (v2)');
  expect(markdown).toContain('| no | yes | 1 | `2` |');
});

test('pictures come with a sheet, and files page by page', async () => {
  const found = await connection.client.compareData({
    data: 'images',
    from: { kind: 'version', version: 1 },
    to: { kind: 'disk' },
  });
  expect(found.pictures).toMatchObject({ changed: 1, from: 4, to: 5 });
  expect(found.pictures?.sheets.map((sheet) => existsSync(join(root, sheet)))).toEqual([true]);
  const page = { difference: found.id, limit: 1 };
  expect(await connection.client.listComparedFiles({ ...page, offset: 1 })).toMatchObject({
    total: 2,
    files: [{ change: 'added', path: 'right/4.png', before: null }],
  });
  expect(await connection.client.listComparedFiles({ ...page, change: 'changed' })).toMatchObject({
    total: 1,
    files: [{ path: 'left/0.png' }],
  });
  expect(await connection.client.listComparedFiles({ ...page, offset: 7 })).toEqual({ total: 2, files: [] });
});

test('trainyard data diff main..feature tells of all data that differ, as text, JSON and Markdown', async () => {
  const said = await trainyard('data', 'diff', 'main..feature', '-C', root);
  expect(said, said.stderr).toMatchObject({ code: 0 });
  expect((await trainyard('data', 'diff', 'data/people.csv', '-C', root)).stdout).toContain(
    'people.csv  HEAD (v2) → disk\nNothing differs.',
  );
  expect(said.stdout).toMatch(/^images {2}main \(v1\) → feature \(v2\)\n/);
  expect(said.stdout).toMatch(
    /^people\.csv {2}main \(v1\) → feature \(v2\)\n1 file changed; 1 row added, 1 removed, 2 changed; 1 label flipped/m,
  );
  const json = await trainyard('data', 'diff', 'main..feature', '--json', '-C', root);
  expect(
    routes.compareData.output
      .array()
      .parse(JSON.parse(json.stdout))
      .map(({ data }) => data),
  ).toEqual(['images', 'people.csv']);
  const markdown = await trainyard('data', 'diff', 'v1..v2', 'people.csv', '--markdown', '--key', 'id', '-C', root);
  expect(markdown.stdout).toMatch(/^## Data: people\.csv v1 → v2\n/);
});

test('what was never there has no data, what is staged is compared, and a strange commit is refused', async () => {
  await git('checkout', '-q', '--orphan', 'empty');
  await git('rm', '-rqf', '--cached', '.');
  await git('commit', '-qm', 'nothing', '--allow-empty');
  await git('add', '-A');
  const staged = await connection.client.compareData({
    data: 'people.csv',
    from: { kind: 'commit', revision: 'empty' },
    to: { kind: 'index' },
  });
  expect(staged).toMatchObject({
    from: { label: 'empty (no data)', kind: null, files: 0 },
    to: { label: 'staged (v2)', files: 1 },
    files: { added: 1 },
  });
  await expect(
    connection.client.compareData({
      data: 'people.csv',
      from: { kind: 'commit', revision: '--all' },
      to: { kind: 'disk' },
    }),
  ).rejects.toMatchObject({ code: 'request-invalid', message: 'Git knows no commit --all here.' });
});
