import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf } from '../../../sidecar/versions/difference.ts';
import { createObjects } from '../../../sidecar/versions/objects.ts';
import { restore } from '../../../sidecar/versions/restore.ts';
import { describeDisk, snapshot } from '../../../sidecar/versions/snapshot.ts';
import { verifyVersion } from '../../../sidecar/versions/verify.ts';
import type { Manifest } from '../../../sidecar/versions/manifest.ts';
import { freshFolder } from './fresh-folder.ts';
import { recordedContext } from './job-context.ts';

type Tree = Readonly<Record<string, string>>;

const workspaceOf = (root: string, path = 'data') => {
  const objects = createObjects(join(root, '.trainyard/objects'));
  const place = { root, path, indexes: join(root, '.trainyard/indexes') };
  const { context } = recordedContext();
  const layOut = (tree: Tree) => {
    rmSync(join(root, 'data'), { recursive: true, force: true });
    for (const [name, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, 'data', name)), { recursive: true });
      writeFileSync(join(root, 'data', name), text);
    }
  };
  return {
    objects,
    layOut,
    take: async () => (await snapshot({ ...place, objects }, context)).manifest,
    disk: () => describeDisk(place, context),
    restore: (manifest: Manifest, force = false) =>
      restore(
        {
          ...place,
          objects,
          manifest,
          force,
          kept: join(root, '.trainyard/kept'),
          restoring: join(root, '.trainyard/restoring'),
        },
        context,
      ),
    verify: (manifest: Manifest) => verifyVersion(manifest, objects, context),
    read: (name: string) => readFileSync(join(root, 'data', name), 'utf8'),
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
      const two = await workspace.take();
      const { added, removed, changed } = differenceOf(two, one);
      const restored = await workspace.restore(one);
      expect(restored).toEqual({ written: added + changed, removed, kept: null });
      expect(await workspace.disk()).toEqual(one);
      expect(differenceOf(one, await workspace.disk()).files).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test('a changed file that is in no version is not overwritten, and nothing else is either', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: 'old', b: 'old too' });
  const version = await workspace.take();
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
  const version = await workspace.take();
  workspace.layOut({ a: 'precious', 'sub/new': 'precious too', 'sub/b': 'old' });
  const { written, removed, kept } = await workspace.restore(version, true);
  expect({ written, removed }).toEqual({ written: 1, removed: 1 });
  expect(readFileSync(join(kept!, 'a'), 'utf8')).toBe('precious');
  expect(readFileSync(join(kept!, 'sub/new'), 'utf8')).toBe('precious too');
  expect(await workspace.disk()).toEqual(version);
});

test('a version comes back when all of the data is gone', async () => {
  const root = freshFolder();
  const workspace = workspaceOf(root);
  workspace.layOut({ 'cat/a': '1', 'dog/b': '2' });
  const version = await workspace.take();
  rmSync(join(root, 'data'), { recursive: true });
  expect(await workspace.restore(version)).toEqual({ written: 2, removed: 0, kept: null });
  expect(await workspace.disk()).toEqual(version);
});

test('a single file comes back to its own path', async () => {
  const root = freshFolder();
  const workspace = workspaceOf(root, 'data/t.csv');
  workspace.layOut({ 't.csv': 'a,b\n', 'other.txt': 'stays' });
  const version = await workspace.take();
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
  const version = await workspace.take();
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
  const version = await workspace.take();
  const pack = readdirSync(join(root, '.trainyard/objects/packs')).find((name) => name.endsWith('.pack'));
  const path = join(root, '.trainyard/objects/packs', pack!);
  const bytes = readFileSync(path);
  bytes[1]! ^= 1;
  bytes[9]! ^= 1;
  writeFileSync(path, bytes);
  workspace.layOut({ d: 'd' });
  await workspace.take();
  expect(await workspace.verify(version)).toEqual(['a', 'c']);
  await expect(workspace.restore(version)).rejects.toThrow(
    expect.objectContaining({ code: 'version-damaged', message: expect.stringMatching(/: a, c\.$/) as string }),
  );
  expect((await workspace.disk()).files.map((file) => file.path)).toEqual(['d']);
  expect(readdirSync(join(root, '.trainyard/restoring'))).toEqual([]);
});

test('a whole version is verified as whole', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: 'aaaa', b: '' });
  expect(await workspace.verify(await workspace.take())).toEqual([]);
});

test('nothing is written through a folder that has become a link to the outside', async () => {
  const root = freshFolder();
  const outside = freshFolder();
  const workspace = workspaceOf(root);
  workspace.layOut({ 'sub/a': 'one', b: 'two' });
  const version = await workspace.take();
  rmSync(join(root, 'data/sub'), { recursive: true });
  symlinkSync(outside, join(root, 'data/sub'));
  await expect(workspace.restore(version, true)).rejects.toThrow(
    expect.objectContaining({ code: 'dataset-unreadable' }),
  );
  expect(existsSync(join(outside, 'a'))).toBe(false);
});

test('a folder where the version has a file, and a file where it has a folder, are both put right', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ x: 'file', 'y/z': 'inside' });
  const version = await workspace.take();
  workspace.layOut({ 'x/deep/er': 'inside', y: 'file' });
  await workspace.take();
  await workspace.restore(version);
  expect(await workspace.disk()).toEqual(version);
});

test('a difference counts all files and lists the first thousand', async () => {
  const workspace = workspaceOf(freshFolder());
  workspace.layOut({ a: '1' });
  const one = await workspace.take();
  workspace.layOut(Object.fromEntries(Array.from({ length: 1_200 }, (_, at) => [`n${at}`, String(at)])));
  const found = differenceOf(one, await workspace.disk());
  expect(found).toMatchObject({ added: 1_200, removed: 1, changed: 0, truncated: true });
  expect(found.files).toHaveLength(1_000);
});
