import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { chunkId } from '../../../../sidecar/versions/store/blob-id.ts';
import { openBlobs } from '../../../../sidecar/versions/store/blobs.ts';
import { contentChunks, createContents, writeContent } from '../../../../sidecar/versions/tree/contents.ts';
import { md5OfFile, openMd5Table } from '../../../../sidecar/versions/tree/md5-table.ts';
import { reachableBlobs, writeVersion } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { noise } from '../store/noise.ts';

const inPieces = function* (bytes: Uint8Array, step: number): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
};

const stored = (folder: string, bytes: Uint8Array, step = 50_000) => {
  const blobs = openBlobs(folder);
  const draft = blobs.openDraft();
  const file = writeContent(draft, inPieces(bytes, step));
  draft.commit();
  return { blobs, file, contents: createContents(blobs) };
};

const sizes = fc.oneof(
  fc.constantFrom(0, 1, 131_071, 131_072, 131_073, 262_144),
  fc.integer({ min: 0, max: 1_500_000 }),
);

test('the bytes of a file come back, whole, in pieces and out of order', () => {
  const folder = freshFolder();
  const ranges = fc.array(fc.tuple(fc.nat(1_600_000), fc.nat(300_000)), { maxLength: 8 });
  fc.assert(
    fc.property(sizes, fc.nat(50), fc.integer({ min: 1_000, max: 200_000 }), ranges, (size, seed, step, asked) => {
      const bytes = noise(size, seed);
      const { file, contents } = stored(folder, bytes, step);
      expect(file.size).toBe(size);
      expect(contents.get(file).equals(bytes)).toBe(true);
      expect(Buffer.concat([...contents.pieces(file)]).equals(bytes)).toBe(true);
      const open = contents.open(file);
      for (const [start, length] of asked) {
        expect(Buffer.from(open.read(start, start + length)).equals(bytes.subarray(start, start + length))).toBe(true);
      }
      open.close();
    }),
    { numRuns: 40 },
  );
});

test('a file has one name however it was read, and a small one is its chunk', () => {
  const bytes = noise(900_000, 4);
  const folder = freshFolder();
  const names = [1_000, 77_777, 900_000].map((step) => stored(folder, bytes, step).file.content);
  expect(new Set(names).size).toBe(1);
  const small = noise(131_072, 4);
  expect(stored(folder, small).file.content).toBe(chunkId(small));
});

test('a byte in the middle of a large file shares all but a few chunks and list nodes', () => {
  const folder = freshFolder();
  const bytes = noise(40_000_000, 9);
  const first = stored(folder, bytes);
  const chunks = [...contentChunks(first.blobs, first.file)].length;
  expect(chunks).toBeGreaterThan(400);
  bytes[20_000_000]! ^= 1;
  const fresh: number[] = [];
  const draft = first.blobs.openDraft();
  writeContent(
    {
      ...draft,
      put: (id, kind, blob) => {
        const isNew = draft.put(id, kind, blob);
        if (isNew) fresh.push(blob.length);
        return isNew;
      },
    },
    inPieces(bytes, 1_000_000),
  );
  draft.discard();
  expect(fresh.length).toBeLessThanOrEqual(5);
});

test('everything that a version needs is reached, nodes before chunks, and known parts are left out', () => {
  const blobs = openBlobs(freshFolder());
  const draft = blobs.openDraft();
  const put = new Set<Hash>();
  const noted = {
    ...draft,
    put: (...[id, kind, bytes]: Parameters<typeof draft.put>) => (put.add(id), draft.put(id, kind, bytes)),
  };
  const rows = Array.from({ length: 600 }, (_, at) => {
    const bytes = noise(at % 100 === 0 ? 400_000 : at, at);
    const path = `${String(at).padStart(4, '0')}.bin`;
    return { path, ...writeContent(noted, [bytes]), executable: false, md5: '0'.repeat(32) };
  });
  const version = writeVersion(noted, 'folder', rows);
  draft.commit();
  const reached = [...reachableBlobs(blobs, version)];
  expect(new Set(reached.map(({ id }) => id))).toEqual(put);
  expect(reached.findIndex(({ kind }) => kind === 'chunk')).toBe(
    reached.findLastIndex(({ kind }) => kind === 'node') + 1,
  );
  for (const { id, kind } of reached) expect(blobs.locate(id)!.kind).toBe(kind);

  const second = blobs.openDraft();
  const edited = writeVersion(second, 'folder', [...rows, { ...rows[0]!, path: 'z.bin' }]);
  second.commit();
  const known = new Set(reached.map(({ id }) => id));
  const more = [...reachableBlobs(blobs, edited, (id) => known.has(id))].filter(({ kind }) => kind === 'node');
  expect(more.length).toBeLessThanOrEqual(3);
});

test('the md5 of a large file is computed once, and again when its entry is damaged', () => {
  const folder = freshFolder();
  const bytes = noise(5_000_000, 2);
  const { file, contents } = stored(folder, bytes);
  const md5 = createHash('md5').update(bytes).digest('hex');
  const row = { ...file, path: 'large.bin', executable: false, md5: null };
  const table = join(folder, 'md5');
  expect(md5OfFile(row, contents, openMd5Table(table))).toBe(md5);
  const never = {
    pieces: () => {
      throw new Error('read again');
    },
  };
  expect(md5OfFile(row, never, openMd5Table(table))).toBe(md5);
  const entry = join(table, file.content.slice(0, 2), file.content.slice(2));
  writeFileSync(entry, `${'0'.repeat(32)} ${'0'.repeat(16)}\n`);
  expect(openMd5Table(table).get(file.content)).toBeUndefined();
  expect(md5OfFile(row, contents, openMd5Table(table))).toBe(md5);
  rmSync(entry);
  expect(openMd5Table(table).get(file.content)).toBeUndefined();
  expect(readdirSync(join(table, file.content.slice(0, 2)))).toEqual([]);
});
