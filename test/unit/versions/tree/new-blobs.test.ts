import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { md5Of } from '../../../../sidecar/versions/hash.ts';
import { chunkId } from '../../../../sidecar/versions/store/blob-id.ts';
import { startChunkList } from '../../../../sidecar/versions/tree/chunk-list.ts';
import { newBlobs } from '../../../../sidecar/versions/tree/new-blobs.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { MD5_IN_ROW_BYTES, reachableBlobs, writeVersion } from '../../../../sidecar/versions/tree/version.ts';
import { memoryBlobs } from './memory-blobs.ts';

const CHUNK_BYTES = 65_536;

/** A store of versions of which a file is a row of numbers, a chunk a number. */
const store = () => {
  const blobs = memoryBlobs();
  const draft = blobs.openDraft();
  let reads = 0;
  return {
    counted: {
      has: blobs.has,
      get: (id: Hash) => {
        reads += 1;
        return blobs.get(id);
      },
    },
    readsOf: (act: () => unknown): number => {
      reads = 0;
      act();
      return reads;
    },
    blobs,
    write: (files: ReadonlyMap<string, readonly number[]>): Hash => {
      const rows = [...files]
        .sort(([a], [b]) => comparePaths(a, b))
        .map(([path, chunks]) => {
          const list = startChunkList(draft);
          for (const number of chunks) {
            const bytes = Buffer.from(String(number));
            draft.put(chunkId(bytes), 'chunk', bytes);
            list.add(chunkId(bytes), CHUNK_BYTES);
          }
          const { content, size } = list.finish();
          return { path, content, size, executable: false, md5: size > MD5_IN_ROW_BYTES ? null : md5Of(content) };
        });
      return writeVersion(draft, 'folder', rows);
    },
  };
};

const idsOf = (blobs: Iterable<{ readonly id: Hash }>): Set<Hash> => new Set(Array.from(blobs, ({ id }) => id));

const path = fc
  .integer({ min: 0, max: 2_500 })
  .map((number) => `class_${number % 7}/${String(number).padStart(5, '0')}`);
const content = fc.oneof(
  fc.array(fc.nat(9), { minLength: 1, maxLength: 1 }),
  fc.array(fc.nat(50), { minLength: 3, maxLength: 400 }),
);
const edit = fc.record({ path, content: fc.option(content) });
const base = new Map(
  Array.from({ length: 1_500 }, (_, at) => [`class_${at % 7}/${String(at).padStart(5, '0')}`, [at]]),
);

const edited = (
  files: ReadonlyMap<string, readonly number[]>,
  edits: readonly { readonly path: string; readonly content: readonly number[] | null }[],
) => {
  const after = new Map(files);
  for (const one of edits) {
    if (one.content === null) after.delete(one.path);
    else after.set(one.path, one.content);
  }
  return after;
};

test('all that only the later version needs is given, and nothing that it does not need', () => {
  const edits = fc.array(edit, { maxLength: 40 });
  fc.assert(
    fc.property(edits, edits, fc.boolean(), (first, second, fromNothing) => {
      const { blobs, write } = store();
      const before = edited(fromNothing ? new Map() : base, first);
      const [from, to] = [write(before), write(edited(before, second))];
      const needed = idsOf(reachableBlobs(blobs, to));
      const given = idsOf(newBlobs(blobs, from, to));
      expect([...given].filter((id) => !needed.has(id))).toEqual([]);
      const missing = [...needed].filter((id) => !given.has(id));
      const known = idsOf(reachableBlobs(blobs, from));
      expect(missing.filter((id) => !known.has(id))).toEqual([]);
      expect(idsOf(newBlobs(blobs, null, to))).toEqual(needed);
    }),
    { numRuns: 60 },
  );
});

test('what is not here of the earlier version counts as unknown, wherever it is missing', () => {
  const { blobs, write } = store();
  const files = new Map([...base, ['large', Array.from({ length: 700 }, (_, at) => at)]]);
  const from = write(files);
  const to = write(edited(files, [{ path: 'large', content: Array.from({ length: 700 }, (_, at) => at + 1) }]));
  const needed = idsOf(reachableBlobs(blobs, to));
  const known = idsOf(reachableBlobs(blobs, from));
  const only = [...known].filter((id) => !needed.has(id));
  for (const gone of only) {
    const partly = {
      has: (id: Hash) => id !== gone && blobs.has(id),
      get: (id: Hash) => {
        if (id === gone) throw new Error(`${id} was read although it is not here`);
        return blobs.get(id);
      },
    };
    const given = idsOf(newBlobs(partly, from, to));
    expect([...needed].filter((id) => !given.has(id) && !known.has(id))).toEqual([]);
  }
  expect(only.length).toBeGreaterThan(5);
});

test('one changed file of many, and one changed chunk of a large one, cost a path through each tree', () => {
  const { counted, readsOf, write } = store();
  const many = new Map<string, readonly number[]>(
    Array.from({ length: 40_000 }, (_, at) => [`class_${at % 7}/${String(at).padStart(5, '0')}`, [at]]),
  );
  const large = Array.from({ length: 8_000 }, (_, at) => at + 100_000);
  many.set('large', large);
  const from = write(many);
  const changed = write(edited(many, [{ path: 'class_3/20002', content: [7] }]));
  const appended = write(edited(many, [{ path: 'large', content: large.with(4_000, 1) }]));
  const all = readsOf(() => [...newBlobs(counted, null, from)]);
  expect(all).toBeGreaterThan(250);
  expect(readsOf(() => [...newBlobs(counted, from, changed)])).toBeLessThan(12);
  expect(readsOf(() => [...newBlobs(counted, from, appended)])).toBeLessThan(24);
});
