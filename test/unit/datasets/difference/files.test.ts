import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DataDifference } from '../../../../sidecar/contract/data-difference.ts';
import { Hash } from '../../../../sidecar/contract/ids.ts';
import { noState, type DataState, type StateFile } from '../../../../sidecar/datasets/difference/data-state.ts';
import { compareFiles } from '../../../../sidecar/datasets/difference/files-difference.ts';
import { openDifferences } from '../../../../sidecar/datasets/difference/kept-differences.ts';
import { createRowSet } from '../../../../sidecar/datasets/difference/row-set.ts';
import { openSpill } from '../../../../sidecar/datasets/difference/spill.ts';
import { sha256Of } from '../../../../sidecar/versions/hash.ts';
import type { FileContent } from '../../../../sidecar/versions/tree/contents.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

type Tree = Readonly<Record<string, number>>;

/** A state from the number of each file's contents; 0 is the empty file. */
const stateOf = (tree: Tree): DataState => {
  const files = Object.entries(tree)
    .map(([path, number]): StateFile => ({
      path,
      size: number,
      content: Hash.parse(number.toString(16).padStart(64, '0')),
      executable: false,
    }))
    .sort((a, b) => comparePaths(a.path, b.path));
  return { ...noState, files: () => files };
};

const paths = fc.constantFrom('a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c', 'ä/𝒳', 'ä/\uE000');
const trees = fc.dictionary(paths, fc.integer({ min: 0, max: 4 }), { maxKeys: 8 });

test('counts, bytes and folders are those of a comparison path by path', () => {
  fc.assert(
    fc.property(trees, trees, (from: Tree, to: Tree) => {
      const { difference, changes } = compareFiles(stateOf(from), stateOf(to));
      const all = [...new Set([...Object.keys(from), ...Object.keys(to)])];
      const same = all.filter((path) => from[path] === to[path]);
      expect(difference.unchanged).toBe(same.length);
      const gone = all.filter((path) => !(path in to));
      const fresh = all.filter((path) => !(path in from));
      expect(difference.added + difference.renamed).toBe(fresh.length);
      expect(difference.removed + difference.renamed).toBe(gone.length);
      expect(difference.changed).toBe(all.length - same.length - gone.length - fresh.length);
      // As many renames as there are pairs of equal contents that are not empty.
      const contents = [1, 2, 3, 4].map((number) =>
        Math.min(
          gone.filter((path) => from[path] === number).length,
          fresh.filter((path) => to[path] === number).length,
        ),
      );
      expect(difference.renamed).toBe(contents.reduce((sum, one) => sum + one, 0));
      const shown = changes.map((change) => (change.to ?? change.from)?.path ?? '');
      expect(shown).toEqual([...shown].sort(comparePaths));
      const bytes = (tree: Tree) => Object.values(tree).reduce((sum, size) => sum + size, 0);
      expect(difference.addedBytes - difference.removedBytes).toBe(bytes(to) - bytes(from));
      for (const { folder, from: before, to: after, added, removed, movedIn, movedOut } of difference.folders) {
        const within = (tree: Tree) =>
          Object.keys(tree).filter((path) => path.slice(0, Math.max(0, path.lastIndexOf('/'))) === folder).length;
        expect([before, after]).toEqual([within(from), within(to)]);
        expect(after - before).toBe(added + movedIn - removed - movedOut);
      }
    }),
  );
});

test('of several files with equal bytes the one with the same name was moved', () => {
  const { difference } = compareFiles(stateOf({ 'a/x': 7, 'a/y': 7, 'b/z': 1 }), stateOf({ 'b/y': 7, 'b/z': 1 }));
  expect(difference.examples).toEqual([
    { change: 'removed', path: 'a/x', before: null, fromBytes: 7, toBytes: null },
    { change: 'renamed', path: 'b/y', before: 'a/y', fromBytes: 7, toBytes: 7 },
  ]);
  expect(difference.folders).toMatchObject([
    { folder: 'a', removed: 1, movedOut: 1, movedIn: 0 },
    { folder: 'b', added: 0, movedIn: 1, movedOut: 0 },
  ]);
});

/** A state of files by the numbers of their chunks, each of 100 bytes. */
const chunkedState = (files: Readonly<Record<string, readonly number[]>>): DataState => {
  const listed = Object.entries(files)
    .map(([path, chunks]) => ({ path, size: chunks.length * 100, content: sha256Of(chunks.join()), executable: false }))
    .sort((a, b) => comparePaths(a.path, b.path));
  const chunks = new Map(Object.values(files).map((numbers) => [sha256Of(numbers.join()), numbers]));
  const parts = ({ content }: FileContent) => ({
    parts: (chunks.get(content) ?? []).map((number) => ({ id: idOf(number), bytes: 100, level: 0 })),
    below: () => [],
  });
  return { ...noState, files: () => listed, contents: { ...noState.contents, parts } };
};

test('a table that is gone and one that is new are one that was renamed and changed, where most chunks are the same', () => {
  const from = chunkedState({ 'a.csv': [1, 2, 3, 4], 'b.csv': [11, 12, 13], 'c.csv': [21, 22], 'd.bin': [31, 32] });
  const to = chunkedState({
    'new/a.csv': [1, 2, 9, 4],
    'new/b.csv': [11, 12, 13, 14],
    'new/b-half.csv': [11, 12],
    'new/c.csv': [21, 7, 8, 9],
    'new/c.jsonl': [21, 22, 23],
    'new/d.bin': [31, 32, 33],
  });
  const { difference } = compareFiles(from, to);
  expect(difference).toMatchObject({ renamed: 2, removed: 2, added: 4, removedBytes: 1_100, addedBytes: 2_000 });
  expect(difference.examples.filter(({ change }) => change === 'renamed')).toEqual([
    { change: 'renamed', path: 'new/a.csv', before: 'a.csv', fromBytes: 400, toBytes: 400 },
    { change: 'renamed', path: 'new/b.csv', before: 'b.csv', fromBytes: 300, toBytes: 400 },
  ]);
});

test('a mode bit alone is a change without bytes', () => {
  const state = stateOf({ a: 5 });
  const executable = { ...state, files: () => [...state.files()].map((file) => ({ ...file, executable: true })) };
  expect(compareFiles(state, executable).difference).toMatchObject({ changed: 1, addedBytes: 0, removedBytes: 0 });
});

const difference = (id: Hash): DataDifference => {
  const none = { added: 0, removed: 0, changed: 0, renamed: 0, unchanged: 0, addedBytes: 0, removedBytes: 0 };
  const side = { label: 'v1', side: { kind: 'disk' as const }, version: 1, kind: null, createdAt: null, author: null };
  return {
    id,
    data: 'images',
    path: 'data/images',
    from: { ...side, files: 0, bytes: 0 },
    to: { ...side, files: 0, bytes: 0 },
    equal: false,
    files: { ...none, folders: [], foldersChanged: 0, examples: [] },
    tables: [],
    pictures: null,
    notes: [],
    summary: '',
  };
};
const idOf = (number: number) => Hash.parse(number.toString(16).padStart(64, '0'));

test('all files of a difference can be read page by page, of one kind or of all', () => {
  const from = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`f/${at}\n"ä"`, at + 1]));
  const to = Object.fromEntries(
    Array.from({ length: 70 }, (_, at) => [`f/${at + 10}\n"ä"`, at % 2 === 0 ? at + 11 : 500 + at]),
  );
  const { changes, difference: files } = compareFiles(stateOf(from), stateOf(to));
  const kept = openDifferences(join(freshFolder(), 'differences'));
  const id = idOf(1);
  kept.keepFiles(id, changes);
  kept.keep(difference(id));
  const all = kept.files(id, { change: null, offset: 0, limit: 1_000 });
  expect(all).toEqual({ total: changes.length, files: files.examples });
  const removed = files.examples.filter(({ change }) => change === 'removed');
  expect(kept.files(id, { change: 'removed', offset: 3, limit: 4 })).toEqual({
    total: removed.length,
    files: removed.slice(3, 7),
  });
  expect(kept.files(id, { change: null, offset: 1_000, limit: 5 }).files).toEqual([]);
});

test('the newest twenty differences are kept, and one that is forgotten is refused with what to do', () => {
  const folder = join(freshFolder(), 'differences');
  const kept = openDifferences(folder);
  for (let number = 0; number < 23; number++) {
    kept.keepFiles(idOf(number), []);
    kept.keep(difference(idOf(number)));
  }
  expect(readdirSync(folder)).toHaveLength(20);
  expect(kept.get(idOf(22)).id).toBe(idOf(22));
  expect(() => kept.get(idOf(99))).toThrow(
    expect.objectContaining({ code: 'version-missing', hint: 'Compare the two states once more.' }) as Error,
  );
});

test('what is added to a part is read from it, held in memory or not', () => {
  const records = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.uint8Array({ maxLength: 20 })), { maxLength: 50 });
  fc.assert(
    fc.property(records, fc.constantFrom(0, 30, 1e6), (all, heldBytes) => {
      const folder = join(freshFolderOnce(), 'spill');
      const spill = openSpill({ folder, name: 's', parts: 5 }, heldBytes);
      for (const [part, record] of all) spill.add(part, record);
      for (let part = 0; part < 5; part++) {
        const meant = all.filter(([of]) => of === part).map(([, record]) => record);
        expect(spill.read(part).equals(Buffer.concat(meant))).toBe(true);
      }
      spill.close();
    }),
  );
});
let once: string | undefined;
const freshFolderOnce = () => (once ??= freshFolder());

test('a set of rows holds what a set holds', () => {
  const actions = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 40_000 })), { maxLength: 60 });
  fc.assert(
    fc.property(actions, (all) => {
      const rows = createRowSet();
      const meant = new Set<number>();
      for (const [isAdded, row] of all) {
        rows[isAdded ? 'add' : 'delete'](row);
        meant[isAdded ? 'add' : 'delete'](row);
      }
      expect([...rows.rows()]).toEqual([...meant].sort((a, b) => a - b));
      expect(rows.size()).toBe(meant.size);
    }),
  );
});
