import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Client } from '../../sidecar/contract/routes.ts';
import { trainyard } from '../support/shell.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { startSidecar, write } from '../support/workspace.ts';

let root: string;
let client: Client;

const git = (...words: string[]) => {
  const identity = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.org'];
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...words], { cwd: root, encoding: 'utf8' });
  return { code: status, text: `${stdout}${stderr}` };
};
const commit = (message: string) => {
  git('add', '--all');
  expect(git('commit', '-qm', message)).toMatchObject({ code: 0 });
};
const read = (name: string) => readFileSync(join(root, name), 'utf8');
/** Writes files of the data set, versions it and commits the pointer. */
const save = async (files: Record<string, string | null>, message: string) => {
  for (const [name, text] of Object.entries(files)) {
    if (text === null) rmSync(join(root, 'data/set', name));
    else write(root, `data/set/${name}`, text);
  }
  await client.versionDataset({ path: 'data/set' });
  commit(message);
};
/** Goes to a branch, and brings the data to it. */
const go = async (branch: string, ...more: string[]) => {
  expect(git('checkout', '-q', ...more, branch)).toMatchObject({ code: 0 });
  await client.checkPointers({ restore: true });
};

beforeEach(async () => {
  root = freshWorkspace();
  git('init', '-q', '-b', 'main');
  write(root, '.gitignore', '.trainyard/\n');
  ({ client } = await startSidecar(root));
  await save({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' }, 'v1');
});

/** Two branches that changed different files, and `a.txt` both where `alike` is not given. */
const diverge = async (there: Record<string, string | null>, here: Record<string, string | null>) => {
  await go('feature', '-b');
  await save(there, 'there');
  await go('main');
  await save(here, 'here');
};

test('a checkout is followed by the data, or told of; data in no version is not replaced', async () => {
  await go('feature', '-b');
  await save({ 'a.txt': 'a2' }, 'there');
  git('checkout', '-q', 'main');
  const [told] = await client.checkPointers({});
  expect(told).toMatchObject({ path: 'data/set', state: 'differs', version: 1 });
  expect(told?.text).toContain('trainyard checkout set v1');
  write(root, 'data/set/new.txt', 'mine');
  expect(await client.checkPointers({ restore: true })).toMatchObject([{ state: 'refused' }]);
  expect(read('data/set/a.txt')).toBe('a2');
  rmSync(join(root, 'data/set/new.txt'));
  expect(await client.checkPointers({ restore: true })).toMatchObject([{ state: 'restored' }]);
  expect(read('data/set/a.txt')).toBe('a');
});

test('changes of two branches are merged by path, into a version that is on disk and in the pointer', async () => {
  await diverge({ 'a.txt': 'theirs', 'b.txt': null, 'new/d.txt': 'd' }, { 'c.txt': 'ours' });
  const [merged] = await client.mergeData({ branch: 'feature' });
  expect(merged).toMatchObject({
    path: 'data/set',
    outcome: 'merged',
    version: { version: 4, files: 3 },
    conflicts: [],
  });
  expect(['a.txt', 'c.txt', 'new/d.txt'].map((name) => read(`data/set/${name}`))).toEqual(['theirs', 'ours', 'd']);
  expect(existsSync(join(root, 'data/set/b.txt'))).toBe(false);
  expect(await client.checkPointers({})).toMatchObject([{ state: 'equal', version: 4 }]);
  expect(await client.mergeData({ branch: 'feature' })).toMatchObject([{ outcome: 'unchanged' }]);
});

test('conflicts are named and nothing is touched until they are resolved, a path at a time', async () => {
  await diverge({ 'a.txt': 'theirs', 'b.txt': 'theirs' }, { 'a.txt': 'ours', 'b.txt': null });
  const pointer = read('data/set.dvc');
  const said = await trainyard('data', 'merge', 'feature', '-C', root);
  expect(said.code).toBe(3);
  expect(said.stdout).toMatch(
    /2 conflicts\. Nothing on disk was touched\.[^]*a\.txt +both changed +4 B +6 B[^]*b\.txt +changed and removed +– +6 B/,
  );
  expect([read('data/set/a.txt'), read('data/set.dvc')]).toEqual(['ours', pointer]);
  await expect(client.mergeData({ branch: 'feature' })).rejects.toMatchObject({ code: 'merge-refused' });

  expect((await trainyard('data', 'resolve', 'set', 'a.txt', '--both', '-C', root)).code).toBe(3);
  expect(await client.listMerges({})).toMatchObject([{ path: 'data/set', conflictCount: 1 }]);
  expect((await trainyard('data', 'resolve', 'data/set', 'b.txt', '--theirs', '-C', root)).code).toBe(0);
  expect(['a.txt', 'a~feature.txt', 'b.txt'].map((name) => read(`data/set/${name}`))).toEqual([
    'ours',
    'theirs',
    'theirs',
  ]);
  expect(await client.listMerges({})).toEqual([]);
  await expect(client.resolveData({ data: 'set' })).rejects.toMatchObject({ code: 'merge-refused' });
});

test('data of one branch alone comes with a merge; data that one side has given up is left as it is', async () => {
  await go('feature', '-b');
  write(root, 'data/more.txt', 'more');
  await client.versionDataset({ path: 'data/more.txt' });
  await save({ 'a.txt': 'theirs' }, 'there');
  await go('main');
  rmSync(join(root, 'data/more.txt'));
  git('rm', '-q', 'data/set.dvc');
  commit('given up');
  const merged = await client.mergeData({ branch: 'feature' });
  expect(merged.map(({ path, outcome }) => [path, outcome])).toEqual([
    ['data/more.txt', 'merged'],
    ['data/set', 'removed'],
  ]);
  expect(read('data/more.txt')).toBe('more');
  expect(read('data/set/a.txt')).toBe('a');
});

test('a merge can be given up', async () => {
  await diverge({ 'a.txt': 'theirs' }, { 'a.txt': 'ours' });
  await client.mergeData({ branch: 'feature' });
  await save({ 'c.txt': 'later' }, 'later');
  await expect(client.resolveData({ data: 'set', all: 'ours' })).rejects.toMatchObject({ code: 'merge-refused' });
  expect((await trainyard('data', 'resolve', 'set', '--abort', '-C', root)).code).toBe(0);
  expect(await client.mergeData({ branch: 'feature', all: 'theirs' })).toMatchObject([{ outcome: 'merged' }]);
  expect(read('data/set/a.txt')).toBe('theirs');
});

test('a revert takes back what a version has changed and keeps what came later', async () => {
  await save({ 'a.txt': 'wrong' }, 'v2');
  await save({ 'b.txt': 'better' }, 'v3');
  expect(await client.revertData({ data: 'set', version: 2 })).toMatchObject({
    outcome: 'merged',
    version: { version: 4 },
  });
  expect([read('data/set/a.txt'), read('data/set/b.txt')]).toEqual(['a', 'better']);
  expect(await client.revertData({ data: 'set' })).toMatchObject({ version: { version: 3 } });
  expect(read('data/set/a.txt')).toBe('wrong');
  await expect(client.revertData({ data: 'set', version: 1 })).rejects.toMatchObject({ code: 'version-missing' });
  expect((await client.listDatasets({})).map(({ version }) => version)).toEqual([4, 3, 2, 1]);
});

const uniqueFiles = 'model: {name: mlp}\ndata: {dataset: data/set, checks: [{unique: files}]}\n';

test('a merge whose result breaks a condition is held, by command and in git merge; mended, it goes through', async () => {
  write(root, 'config/training.yaml', uniqueFiles);
  commit('conditions');
  // Each side meets the condition, and only both together do not.
  await diverge({ 'x.txt': 'the same picture' }, { 'y.txt': 'the same picture' });
  const pointer = read('data/set.dvc');
  await expect(client.mergeData({ branch: 'feature' })).rejects.toMatchObject({
    code: 'data-check-failed',
    message: expect.stringMatching(/^data\/set merged does not meet .* data\.checks\[0\]: .*unique/) as string,
    places: [{ file: 'config/training.yaml', line: 2 }],
  });
  expect([existsSync(join(root, 'data/set/x.txt')), read('data/set.dvc')]).toEqual([false, pointer]);
  expect(await client.listMerges({})).toEqual([]);
  expect((await client.listDatasets({})).map(({ version }) => version)).toEqual([3, 2, 1]);

  expect(await trainyard('data', 'install-git', '-C', root)).toMatchObject({ code: 0 });
  commit('attributes');
  const held = git('merge', 'feature', '-m', 'merged');
  expect(held.code).not.toBe(0);
  expect(held.text).toContain('data.checks[0]');
  git('merge', '--abort');
  expect(read('data/set.dvc')).toBe(pointer);

  await save({ 'y.txt': null }, 'mended');
  expect(git('merge', 'feature', '-m', 'merged')).toMatchObject({ code: 0 });
  expect(await client.checkPointers({ restore: true })).toMatchObject([{ state: 'restored' }]);
  expect([read('data/set/x.txt'), existsSync(join(root, 'data/set/y.txt'))]).toEqual(['the same picture', false]);
});

test('the hook that is installed keeps what breaks a condition out of a commit, and lets it in mended', async () => {
  write(root, 'config/training.yaml', uniqueFiles);
  await trainyard('data', 'install-git', '-C', root);
  commit('conditions');
  write(root, 'data/set/twin.txt', 'a');
  await client.versionDataset({ path: 'data/set' });
  git('add', '--all');
  const held = git('commit', '-qm', 'twins');
  expect(held.code).not.toBe(0);
  expect(held.text).toMatch(/staged \(v2\)[^]*✗ broken/);
  await save({ 'twin.txt': 'another' }, 'mended');
  expect(git('log', '-1', '--format=%s').text).toBe('mended\n');
});

test('git merge merges data by path, and git checkout brings it, once they are installed', async () => {
  await diverge({ 'a.txt': 'theirs' }, { 'c.txt': 'ours' });
  const installed = await trainyard('data', 'install-git', '--restore', '-C', root);
  expect(installed).toMatchObject({ code: 0 });
  commit('attributes');
  expect(git('merge', 'feature', '-m', 'merged')).toMatchObject({ code: 0 });
  expect(git('status', '--porcelain').text).toBe('');
  expect([read('data/set/a.txt'), read('data/set/c.txt')]).toEqual(['theirs', 'ours']);
  expect(git('checkout', 'feature')).toMatchObject({ code: 0 });
  expect(read('data/set/c.txt')).toBe('c');
});

test('conflicts in git merge leave marks in the pointer, which resolving takes away', async () => {
  await diverge({ 'a.txt': 'theirs', 'b.txt': 'theirs' }, { 'a.txt': 'ours' });
  await trainyard('data', 'install-git', '-C', root);
  commit('attributes');
  const merge = git('merge', 'feature');
  expect(merge.code).toBe(1);
  expect(merge.text).toContain('1 conflict in the data of data/set');
  expect(read('data/set.dvc')).toMatch(/^<{7} ours\n[^]*\n={7}\n[^]*\n>{7} theirs\n$/);
  expect(read('data/set/a.txt')).toBe('ours');
  expect((await trainyard('data', 'resolve', 'data/set', '--theirs', '-C', root)).code).toBe(0);
  expect([read('data/set/a.txt'), read('data/set/b.txt')]).toEqual(['theirs', 'theirs']);
  expect(read('data/set.dvc')).toMatch(/^outs:\n/);
  commit('merged');
  expect(await client.checkPointers({})).toMatchObject([{ state: 'equal' }]);
});

test('a merge of data that is not here leaves marks too, and says what to do', async () => {
  await diverge({ 'a.txt': 'theirs' }, { 'c.txt': 'ours' });
  const unknown = read('data/set.dvc')
    .replaceAll(/[0-9a-f]{32}\.dir/g, `${'0'.repeat(32)}.dir`)
    .replace(/b3:\w+/, `b3:${'0'.repeat(64)}`);
  git('checkout', '-q', 'feature');
  write(root, 'data/set.dvc', unknown);
  commit('elsewhere');
  git('checkout', '-q', 'main');
  await trainyard('data', 'install-git', '-C', root);
  const merge = git('merge', 'feature');
  expect(merge.code).toBe(1);
  expect(merge.text).toContain('dvc pull');
  expect(read('data/set.dvc')).toMatch(/^<{7} ours\n/);
});

test('a hook that is there already is left alone, and it is said what to add', async () => {
  write(root, '.git/hooks/post-merge', '#!/bin/sh\necho mine\n');
  const said = await trainyard('data', 'install-git', '-C', root);
  expect(said.stdout).toMatch(/post-merge is not ours and was left alone; add this line to it:\n.*after-checkout/);
  expect(read('.git/hooks/post-merge')).toBe('#!/bin/sh\necho mine\n');
  await trainyard('data', 'install-git', '-C', root);
  expect(read('.gitattributes')).toBe('*.dvc merge=trainyard\n');
});

test('the other branches are listed with the version of the data that each has', async () => {
  await diverge({ 'a.txt': 'theirs' }, { 'c.txt': 'ours' });
  git('branch', 'same');
  git('checkout', '-q', '--orphan', 'bare');
  git('rm', '-rqf', '--cached', '.');
  git('commit', '-qm', 'no data', '--allow-empty');
  git('checkout', '-qf', 'main');
  const branches = await client.listDataBranches({});
  const named = branches.map(({ name, author, remote, data }) => ({ name, author, remote, data }));
  expect(named.toSorted((left, right) => left.name.localeCompare(right.name))).toEqual([
    { name: 'feature', author: 'Ana', remote: false, data: [{ path: 'data/set', version: 2, ours: 3, equal: false }] },
    { name: 'same', author: 'Ana', remote: false, data: [{ path: 'data/set', version: 3, ours: 3, equal: true }] },
  ]);
});
