import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { nodeId } from '../../../../sidecar/versions/store/blob-id.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import {
  differingFiles,
  findFile,
  readFiles,
  readManifest,
  readVersion,
  writeVersion,
  type VersionFile,
} from '../../../../sidecar/versions/tree/version.ts';
import { memoryBlobs } from './memory-blobs.ts';

const fileAt = (path: string, seed: number): VersionFile => ({
  path,
  size: seed * 7,
  content: nodeId(Buffer.from(`content ${seed}`)),
  executable: seed % 5 === 0,
  md5: seed * 7 > 4 << 20 ? null : nodeId(Buffer.from(`md5 ${seed}`)).slice(0, 32),
});

type Rows = ReadonlyMap<string, VersionFile>;
const sorted = (rows: Rows): VersionFile[] => [...rows.values()].sort((a, b) => comparePaths(a.path, b.path));

/** Names that sort differently by UTF-16 units and by code points, and many that share their beginnings. */
const part = fc.string({
  unit: fc.constantFrom('a', 'b', '0', '1', ' ', 'é', '\ufffd', '\u{1f600}', '\u{1f601}', '-'),
  minLength: 1,
  maxLength: 3,
});
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const edit = fc.record({ path, seed: fc.nat(1_000_000), remove: fc.boolean() });

const apply = (
  rows: Rows,
  edits: readonly { path: string; seed: number; remove: boolean }[],
): Map<string, VersionFile> => {
  const after = new Map(rows);
  for (const { path, seed, remove } of edits) {
    if (remove) after.delete(path);
    else after.set(path, fileAt(path, seed));
  }
  return after;
};

const store = () => {
  const blobs = memoryBlobs();
  const write = (files: Iterable<VersionFile>): Hash => {
    const draft = blobs.openDraft();
    const version = writeVersion(draft, 'folder', files);
    draft.commit();
    return version;
  };
  return { blobs, write };
};

/** A thousand rows on which edits are made, so that trees have several levels. */
const base: Rows = new Map(
  Array.from({ length: 3_000 }, (_, at) => `train/class-${at % 7}/${String(at).padStart(5, '0')}.png`).map(
    (name, at) => [name, fileAt(name, at)],
  ),
);

test('a version is read as it was written, with its sums', () => {
  const { blobs, write } = store();
  fc.assert(
    fc.property(fc.boolean(), fc.array(edit, { maxLength: 60 }), (large, edits) => {
      const files = sorted(apply(large ? base : new Map(), edits));
      const version = write(files);
      expect(readManifest(blobs, version)).toEqual({ type: 'folder', files });
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      expect(readVersion(blobs, version)).toEqual({ type: 'folder', files: files.length, bytes });
    }),
    { numRuns: 30 },
  );
});

test('the difference of two versions is that of their rows', () => {
  const { blobs, write } = store();
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(edit, { maxLength: 40 }),
      fc.array(edit, { maxLength: 40 }),
      (large, first, then) => {
        const from = apply(large ? base : new Map(), first);
        const to = apply(from, then);
        const naive = [...new Set([...from.keys(), ...to.keys()])].sort(comparePaths).flatMap((name) => {
          const [before, after] = [from.get(name) ?? null, to.get(name) ?? null];
          const same = before?.content === after?.content && before?.executable === after?.executable;
          return same ? [] : [{ path: name, from: before, to: after }];
        });
        const [a, b] = [write(sorted(from)), write(sorted(to))];
        expect([...differingFiles(blobs, a, b)]).toEqual(naive);
        expect([...differingFiles(blobs, null, b)].map(({ to: file }) => file)).toEqual(sorted(to));
        expect([...differingFiles(blobs, a, null)].map(({ from: file }) => file)).toEqual(sorted(from));
      },
    ),
    { numRuns: 40 },
  );
});

test('a version has one name, whatever the order of the edits that led to it', () => {
  const { write } = store();
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 40 }), fc.array(edit, { maxLength: 40 }), (edits, others) => {
      const wanted = apply(base, edits);
      const detour = apply(apply(base, others), edits);
      for (const { path: name } of others) {
        const row = wanted.get(name);
        if (row === undefined) detour.delete(name);
        else detour.set(name, row);
      }
      expect(write(sorted(detour))).toBe(write(sorted(wanted)));
    }),
    { numRuns: 20 },
  );
});

test('a file is found by its path, and one that is not there is not', () => {
  const { blobs, write } = store();
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 40 }), fc.array(path, { maxLength: 20 }), (edits, asked) => {
      const rows = apply(base, edits);
      const version = write(sorted(rows));
      for (const name of [...asked, ...edits.map((one) => one.path), 'train/class-3/00010.png']) {
        expect(findFile(blobs, version, name)).toEqual(rows.get(name));
      }
    }),
    { numRuns: 20 },
  );
});

test('an edit of one file of a hundred thousand reads and writes a few nodes', () => {
  const { blobs, write } = store();
  const rows = new Map(
    Array.from({ length: 100_000 }, (_, at) => `images/${String(at).padStart(6, '0')}.jpg`).map((name, at) => [
      name,
      fileAt(name, at),
    ]),
  );
  const before = write(sorted(rows));
  rows.set('images/050000.jpg', fileAt('images/050000.jpg', 999_999));
  const written: number[] = [];
  const draft = blobs.openDraft();
  const after = writeVersion(
    {
      ...draft,
      put: (id, kind, bytes) => {
        const fresh = draft.put(id, kind, bytes);
        if (fresh) written.push(bytes.length);
        return fresh;
      },
    },
    'folder',
    sorted(rows),
  );
  draft.commit();
  expect(written.length).toBeLessThanOrEqual(5);
  expect(written.reduce((sum, size) => sum + size)).toBeLessThan(100_000);
  let read = 0;
  const counted = { get: (id: Hash) => (read++, blobs.get(id)) };
  expect([...differingFiles(counted, before, after)].map((one) => one.path)).toEqual(['images/050000.jpg']);
  expect(read).toBeLessThanOrEqual(12);
  read = 0;
  expect(findFile(counted, after, 'images/050000.jpg')).toEqual(rows.get('images/050000.jpg'));
  expect(read).toBeLessThanOrEqual(5);
});

test('files are read a node at a time', () => {
  const { blobs, write } = store();
  const version = write(sorted(base));
  let read = 0;
  const files = readFiles({ get: (id) => (read++, blobs.get(id)) }, version);
  files.next();
  expect(read).toBeLessThanOrEqual(4);
});

test('rows out of order and rows without their md5 are refused', () => {
  const { write } = store();
  const [a, b] = [fileAt('a', 1), fileAt('b', 2)];
  expect(() => write([b, a])).toThrow('a comes after b');
  expect(() => write([a, a])).toThrow('a comes after a');
  expect(() => write([{ ...a, md5: null }])).toThrow('a has no md5');
});

test('a node that was made by somebody else never leads out of the folder', () => {
  const { blobs, write } = store();
  const version = write([fileAt('../outside', 3)]);
  expect(() => [...readFiles(blobs, version)]).toThrow('a path leads out of the folder');
  expect(() => readVersion(blobs, nodeId(Buffer.from('nothing')))).toThrow('is not in .trainyard/data');
});
