import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexPath } from '../../../../sidecar/versions/working/data-location.ts';
import { isRead, stampOf } from '../../../../sidecar/versions/working/index-entry.ts';
import { openStatIndex } from '../../../../sidecar/versions/working/stat-index.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from './data-set.ts';

/** With `layOut`, what was there is gone. */
const workspaceOf = (root: string, path?: string) => {
  const data = dataSetOf(root, path === undefined ? {} : { path });
  return {
    ...data,
    root,
    layOutMore: data.layOut,
    layOut: (tree: Parameters<typeof data.layOut>[0]) => {
      data.clear();
      data.layOut(tree);
    },
  };
};

const trees = fc.dictionary(
  fc.tuple(fc.constantFrom('cat/', 'dog/deep/', ''), fc.constantFrom('a', 'b', 'c')).map((parts) => parts.join('')),
  fc.constantFrom('one', 'two', 'three'),
  { minKeys: 1 },
);

test('any version comes back from any other, exactly, and the difference says what it took', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, async (first, second) => {
      const workspace = workspaceOf(freshFolder());
      workspace.layOut(first);
      const one = await workspace.take();
      workspace.layOut(second);
      await workspace.take();
      const { added, removed, changed } = (await workspace.status(one.version)).difference;
      const restored = await workspace.restore(one.version);
      expect(restored).toEqual({ written: removed + changed, removed: added, kept: null });
      expect(await workspace.disk()).toEqual(one.manifest.files);
      expect((await workspace.status(one.version)).difference.files).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test('a changed file that is in no version is not overwritten, and nothing else is either', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: 'old', b: 'old too' });
  const { version } = await workspace.take();
  workspace.layOut({ a: 'precious', c: 'precious too' });
  await expect(workspace.restore(version)).rejects.toThrow(
    expect.objectContaining({ code: 'restore-refused', message: 'data holds 2 changed files that are in no version.' }),
  );
  expect(workspace.read('a')).toBe('precious');
  expect(workspace.read('c')).toBe('precious too');
});

test('force replaces such files, keeps them, and says where', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: 'old', 'sub/b': 'old' });
  const { version, manifest } = await workspace.take();
  workspace.layOut({ a: 'precious', 'sub/new': 'precious too', 'sub/b': 'old' });
  const { written, removed, kept } = await workspace.restore(version, { force: true });
  expect({ written, removed }).toEqual({ written: 1, removed: 1 });
  expect(readFileSync(join(kept!, 'a'), 'utf8')).toBe('precious');
  expect(readFileSync(join(kept!, 'sub/new'), 'utf8')).toBe('precious too');
  expect(await workspace.disk()).toEqual(manifest.files);
});

test('a restore that keeps all is undone exactly, files that had moved and were gone too', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, async (first, second) => {
      const workspace = workspaceOf(freshFolder());
      workspace.layOut(first);
      const { version } = await workspace.take();
      workspace.layOut(second);
      const before = await workspace.disk();
      const { kept } = await workspace.restore(version, { force: true, keep: 'all' });
      // Where nothing was replaced or removed, there is nothing to bring back.
      if (kept === null) return;
      const undone = workspace.undo(kept);
      expect(await workspace.disk()).toEqual(before);
      expect(undone.kept).toBeNull();
      expect([existsSync(kept), existsSync(`${kept}.jsonl`)]).toEqual([false, false]);
      expect(() => workspace.undo(kept)).toThrow('holds nothing that a restore has kept');
      expect((await workspace.take()).manifest.files).toEqual(before);
    }),
    { numRuns: 12 },
  );
});

test('what was written after a restore is kept when the restore is undone, and its permissions come back', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: 'old', b: 'old', run: '#!' });
  const { version } = await workspace.take();
  workspace.layOut({ a: 'mine', c: 'mine', run: '#!' });
  const program = join(workspace.root, 'data/run');
  chmodSync(program, 0o755);
  const { kept } = await workspace.restore(version, { force: true, keep: 'all' });
  workspace.layOutMore({ a: 'later' });
  const undone = workspace.undo(kept!);
  expect(['a', 'c'].map((name) => workspace.read(name))).toEqual(['mine', 'mine']);
  expect([existsSync(join(workspace.root, 'data/b')), statSync(program).mode & 0o111]).toEqual([false, 0o111]);
  expect(readFileSync(join(undone.kept!, 'a'), 'utf8')).toBe('later');
});

test('a version comes back when all of the data is gone', async () => {
  const root = freshFolder();
  const workspace = workspaceOf(root);
  workspace.layOut({ 'cat/a': '1', 'dog/b': '2' });
  const { version, manifest } = await workspace.take();
  rmSync(join(root, 'data'), { recursive: true });
  expect(await workspace.restore(version)).toEqual({ written: 2, removed: 0, kept: null });
  expect(await workspace.disk()).toEqual(manifest.files);
});

test('files are known by how they lay when they were written, and what is changed right after that is found', async () => {
  const root = freshFolder();
  const workspace = workspaceOf(root);
  workspace.layOut({ 'a/b': 'one', c: 'two', d: 'six' });
  const { version } = await workspace.take();
  rmSync(join(root, 'data'), { recursive: true });
  await workspace.restore(version);
  const index = openStatIndex(indexPath({ path: 'data', indexes: workspace.indexes }))!;
  expect(index.version).toBe(version);
  const known = [...index.entries()].map((entry) => [isRead(entry), stampOf(entry)]);
  expect(known).toEqual(
    ['a/b', 'c', 'd'].map((path) => {
      const { size, mtimeMs, ctimeMs, ino } = statSync(join(root, 'data', path));
      return [true, { size, mtimeMs, ctimeMs, ino }];
    }),
  );
  for (const text of ['ten', 'sea']) {
    writeFileSync(join(root, 'data/c'), text);
    expect((await workspace.status(version)).difference.files).toMatchObject([{ path: 'c', change: 'changed' }]);
  }
});

test('a single file comes back to its own path', async () => {
  const root = freshFolder();
  const workspace = workspaceOf(root, 'data/t.csv');
  workspace.layOut({ 't.csv': 'a,b\n', 'other.txt': 'stays' });
  const { version } = await workspace.take();
  for (const text of ['c,d\n', null]) {
    if (text === null) rmSync(join(root, 'data/t.csv'));
    else writeFileSync(join(root, 'data/t.csv'), text);
    await workspace.take().catch(() => null);
    await workspace.restore(version);
    expect(workspace.read('t.csv')).toBe('a,b\n');
  }
  expect(workspace.read('other.txt')).toBe('stays');
});

test('executable bits are part of a version', async () => {
  const root = freshFolder();
  const workspace = workspaceOf(root);
  workspace.layOut({ run: '#!/bin/sh\n', text: 'x' });
  chmodSync(join(root, 'data/run'), 0o755);
  const { version } = await workspace.take();
  chmodSync(join(root, 'data/run'), 0o644);
  chmodSync(join(root, 'data/text'), 0o755);
  expect((await workspace.restore(version)).written).toBe(2);
  expect(statSync(join(root, 'data/run')).mode & 0o111).toBe(0o111);
  expect(statSync(join(root, 'data/text')).mode & 0o111).toBe(0);
  rmSync(join(root, 'data/run'));
  await workspace.restore(version);
  expect(statSync(join(root, 'data/run')).mode & 0o777).toBe(0o755);
});

test('damage in the store is found before anything is touched, and every damaged file is named', async () => {
  const root = freshFolder();
  const workspace = workspaceOf(root);
  workspace.layOut({ a: 'aaaa', b: 'bbbb', c: 'cccc' });
  const { version, manifest } = await workspace.take();
  const { blobs } = workspace.open();
  for (const file of [manifest.files[0]!, manifest.files[2]!]) {
    const { pack, offset } = blobs.locate(file.content)!;
    const path = join(root, '.trainyard/data/packs', `${pack}.pack`);
    const bytes = readFileSync(path);
    bytes[offset + 1]! ^= 1;
    writeFileSync(path, bytes);
  }
  workspace.layOut({ d: 'd' });
  await workspace.take();
  expect(await workspace.verify(version)).toEqual(['a', 'c']);
  await expect(workspace.restore(version)).rejects.toThrow(
    expect.objectContaining({ code: 'version-damaged', message: expect.stringMatching(/: a, c\.$/) as string }),
  );
  expect((await workspace.disk()).map((file) => file.path)).toEqual(['d']);
  expect(readdirSync(workspace.restoring)).toEqual([]);
});

test('a whole version is verified as whole', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: 'aaaa', b: '' });
  expect(await workspace.verify((await workspace.take()).version)).toEqual([]);
});

test('nothing is written through a folder that has become a link to the outside', async () => {
  const root = freshFolder();
  const outside = freshFolder();
  const workspace = workspaceOf(root);
  workspace.layOut({ 'sub/a': 'one', b: 'two' });
  const { version } = await workspace.take();
  rmSync(join(root, 'data/sub'), { recursive: true });
  symlinkSync(outside, join(root, 'data/sub'));
  await expect(workspace.restore(version, { force: true })).rejects.toThrow(
    expect.objectContaining({ code: 'dataset-unreadable' }),
  );
  expect(existsSync(join(outside, 'a'))).toBe(false);
});

test('a folder where the version has a file, and a file where it has a folder, are both put right', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ x: 'file', 'y/z': 'inside' });
  const { version, manifest } = await workspace.take();
  workspace.layOut({ 'x/deep/er': 'inside', y: 'file' });
  await workspace.take();
  await workspace.restore(version);
  expect(await workspace.disk()).toEqual(manifest.files);
});

test('a difference counts all files and lists the first thousand', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: '1' });
  const { version } = await workspace.take();
  workspace.layOut(Object.fromEntries(Array.from({ length: 1_200 }, (_, at) => [`n${at}`, String(at)])));
  const { difference, disk } = await workspace.status(version);
  expect(difference).toMatchObject({ added: 1_200, removed: 1, changed: 0, truncated: true });
  expect(difference.files).toHaveLength(1_000);
  expect(disk?.files).toBe(1_200);
});

test('chosen paths come back, and nothing else is touched', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ 'cat/a': '1', 'cat/b': '2', 'catalog/c': '3', d: '4' });
  const { version } = await workspace.take();
  workspace.layOut({ 'cat/a': 'changed', 'cat/new': 'new', 'catalog/c': 'changed', d: 'changed' });
  await workspace.take();
  expect(await workspace.restore(version, { paths: ['cat', 'd'] })).toEqual({ written: 3, removed: 1, kept: null });
  expect((await workspace.disk()).map(({ path }) => path)).toEqual(['cat/a', 'cat/b', 'catalog/c', 'd']);
  expect(['cat/a', 'catalog/c', 'd'].map(workspace.read)).toEqual(['1', 'changed', '4']);
  expect((await workspace.status(version)).difference).toMatchObject({ added: 0, removed: 0, changed: 1 });
  await expect(workspace.restore(version, { paths: ['cat', 'ca'] })).rejects.toThrow(
    expect.objectContaining({ code: 'request-invalid', message: 'The version has nothing at ca.' }),
  );
});
