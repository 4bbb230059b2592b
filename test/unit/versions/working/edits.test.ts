import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VersionFile } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from './data-set.ts';

const threadProgram = fileURLToPath(new URL('../../../../sidecar/versions/working/data-worker.ts', import.meta.url));

const name = fc.constantFrom('a', 'b', 'c/x', 'c/y', 'c/d/z', 'e');
const bytes = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.integer({ min: 1, max: 9 }).map((seed) => String(seed).repeat(300_000)),
);
const edit = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), name, bytes }),
  fc.record({ kind: fc.constant('remove' as const), name }),
  fc.record({ kind: fc.constant('mode' as const), name, mode: fc.constantFrom(0o755, 0o644) }),
  fc.record({ kind: fc.constant('move' as const), name, to: name }),
);
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

/** Does what can be done as the tree stands. */
const apply = (root: string, change: Edit): void => {
  const path = join(root, 'data', change.name);
  switch (change.kind) {
    case 'write':
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, change.bytes);
      return;
    case 'remove':
      rmSync(path, { force: true });
      return;
    case 'mode':
      if (existsSync(path)) chmodSync(path, change.mode);
      return;
    case 'move': {
      const to = join(root, 'data', change.to);
      mkdirSync(dirname(to), { recursive: true });
      if (existsSync(path)) renameSync(path, to);
    }
  }
};

test('after any edits the status tells what differs, and every version comes back with bytes and modes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(edit, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 4 }),
      async (rounds) => {
        const root = freshFolder();
        const data = dataSetOf(root);
        data.layOut({ first: 'first' });
        const taken = [await data.take()];
        for (const edits of rounds) {
          for (const change of edits) apply(root, change);
          const before = taken.at(-1)!;
          const disk = await data.disk();
          const told = (await data.status(before.version)).difference.files.map(
            ({ path, change }) => `${change} ${path}`,
          );
          const byPath = (files: readonly VersionFile[]) =>
            new Map(files.map((file) => [file.path, `${file.content} ${file.executable}`]));
          const [old, now] = [byPath(before.manifest.files), byPath(disk)];
          const expected = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((path) => {
            if (old.get(path) === now.get(path)) return [];
            return [`${old.has(path) ? (now.has(path) ? 'changed' : 'removed') : 'added'} ${path}`];
          });
          expect(told).toEqual(expected);
          taken.push(await data.take());
          expect(taken.at(-1)!.manifest.files).toEqual(disk);
        }
        for (const { version, manifest } of [...taken, ...taken.toReversed()]) {
          expect((await data.restore(version)).kept).toBeNull();
          expect(await data.disk()).toEqual(manifest.files);
          expect((await data.take()).version).toBe(version);
        }
      },
    ),
    { numRuns: 15 },
  );
}, 180_000);

test('several threads give the version that one gives, and a restored one is known without being read', async () => {
  const root = freshFolder();
  const [one, many] = [dataSetOf(root), dataSetOf(root, { threadProgram })];
  const files = Array.from({ length: 2_100 }, (_, at) => [`${at % 7}/${at}`, `${at}`.repeat(at % 50)] as const);
  one.layOut({ ...Object.fromEntries(files), large: Buffer.alloc(9_000_000, 'abcdefg') });
  const first = await one.take();
  rmSync(join(root, '.trainyard'), { recursive: true });
  const second = await many.take();
  expect(second.version).toBe(first.version);
  expect(second.manifest).toEqual(first.manifest);
  expect(await many.verify(second.version)).toEqual([]);
  const large = second.manifest.files.at(-1)!;
  expect(many.open().md5s.get(large.content)).toMatch(/^[0-9a-f]{32}$/);

  one.clear();
  await one.restore(second.version);
  await new Promise((resolve) => setTimeout(resolve, 250));
  // The first look may read again what was written last; then all is known.
  await one.take();
  const index = () => statSync(join(one.indexes, '3a6eb0790f39ac87.index')).ino;
  const before = index();
  expect((await one.status(second.version)).difference.files).toEqual([]);
  expect(index()).toBe(before);
}, 180_000);

test('several threads see what one sees: nothing, or each change wherever it lies', async () => {
  const root = freshFolder();
  const [one, many] = [dataSetOf(root), dataSetOf(root, { threadProgram, sharedIndexBytes: 1 })];
  // Enough for an index of several blocks.
  const deep = Array.from({ length: 9 }, (_, at) => `${at}`.repeat(120)).join('/');
  const path = (at: number) => `${at % 5}/${deep}/${at}`;
  one.layOut(Object.fromEntries(Array.from({ length: 700 }, (_, at) => [path(at), `${at}`])));
  const { version } = await one.take();
  await new Promise((resolve) => setTimeout(resolve, 250));
  await one.take();
  expect(statSync(join(one.indexes, '3a6eb0790f39ac87.index')).size).toBeGreaterThan(3 * 2 ** 18);
  expect((await many.status(version)).difference.files).toEqual([]);
  const withoutThreads = dataSetOf(root, { threadProgram: join(root, 'nothing.js'), sharedIndexBytes: 1 });
  await expect(withoutThreads.status(version)).rejects.toThrow('nothing.js');

  const file = fc.nat(750).map(path);
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 4 }), fc.array(file, { maxLength: 4 }), async (written, removed) => {
      one.layOut(Object.fromEntries(written.map((name, at) => [name, `${at} of ${written.length}`])));
      for (const name of removed) rmSync(join(root, 'data', name), { force: true });
      expect(await many.status(version)).toEqual(await one.status(version));
    }),
    { numRuns: 6 },
  );
  mkdirSync(join(root, 'data/2/empty'), { recursive: true });
  await one.take();
  expect((await many.take()).emptyFolders).toEqual(['2/empty']);
  expect(readdirSync(one.indexes).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}, 180_000);
