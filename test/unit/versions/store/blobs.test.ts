import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { chunkId, nodeId } from '../../../../sidecar/versions/store/blob-id.ts';
import { openBlobs, type BlobKind, type Blobs } from '../../../../sidecar/versions/store/blobs.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { noise } from './noise.ts';

const blob = fc.record({
  kind: fc.constantFrom<BlobKind>('chunk', 'node'),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.tuple(fc.nat(100), fc.nat(150_000)).map(([seed, size]) => noise(size, seed)),
    fc.string({ maxLength: 300 }).map((text) => Buffer.from(text.repeat(20))),
  ),
});

const idOf = (kind: BlobKind, bytes: Uint8Array): Hash => (kind === 'chunk' ? chunkId(bytes) : nodeId(bytes));

test('a node is named by BLAKE3, and a chunk of the same bytes has another name', () => {
  // The first value is of the reference implementation: b3sum of the three letters.
  expect(nodeId(Buffer.from('abc'))).toBe('6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85');
  expect(chunkId(Buffer.from('abc'))).not.toBe(nodeId(Buffer.from('abc')));
});

test('what is put is had, read and found again by another process', () => {
  fc.assert(
    fc.property(fc.array(blob, { maxLength: 30 }), fc.nat(29), (all, committed) => {
      const folder = freshFolder();
      const blobs = openBlobs(folder);
      const draft = blobs.openDraft();
      const names = new Set<Hash>();
      for (const [at, { kind, bytes }] of all.entries()) {
        const id = idOf(kind, bytes);
        expect(draft.put(id, kind, bytes)).toBe(!names.has(id));
        names.add(id);
        if (at === committed) draft.commit();
      }
      draft.commit();
      for (const reader of [blobs, openBlobs(folder)]) {
        for (const { kind, bytes } of all) {
          const id = idOf(kind, bytes);
          expect(reader.has(id)).toBe(true);
          expect(reader.get(id).equals(bytes)).toBe(true);
          expect(reader.locate(id)).toMatchObject({ kind, length: bytes.length });
        }
      }
    }),
    { numRuns: 25 },
  );
});

test('what one thread lends of a store another knows without reading it, and neither sees what the other adds', () => {
  fc.assert(
    fc.property(fc.array(blob, { maxLength: 20 }), fc.array(blob, { maxLength: 20 }), (lent, added) => {
      const folder = freshFolder();
      const lender = openBlobs(folder);
      const put = (blobs: Blobs, all: typeof lent) => {
        const draft = blobs.openDraft();
        for (const { kind, bytes } of all) draft.put(idOf(kind, bytes), kind, bytes);
        draft.commit();
      };
      put(lender, lent);
      const shared = lender.share();
      const slots = Buffer.from(shared.table.slots).toString('hex');
      const borrower = openBlobs(folder, shared);
      const knows = (blobs: Blobs, all: typeof lent) => all.map(({ kind, bytes }) => blobs.has(idOf(kind, bytes)));
      for (const reader of [lender, borrower]) {
        expect(knows(reader, lent)).toEqual(lent.map(() => true));
        for (const { kind, bytes } of lent) expect(reader.get(idOf(kind, bytes)).equals(bytes)).toBe(true);
      }
      const before = knows(lender, added);
      put(borrower, added);
      expect(knows(borrower, [...lent, ...added]).every(Boolean)).toBe(true);
      expect(knows(lender, added)).toEqual(before);
      expect(Buffer.from(shared.table.slots).toString('hex')).toBe(slots);
      lender.refresh();
      expect(knows(lender, added).every(Boolean)).toBe(true);
      expect(Buffer.from(shared.table.slots).toString('hex')).toBe(slots);
    }),
    { numRuns: 25 },
  );
});

test('many blobs are lent as well: a borrower makes no table', () => {
  const folder = freshFolder();
  const lender = openBlobs(folder);
  const draft = lender.openDraft();
  const ids = Array.from({ length: 5_000 }, (_, at) => {
    const bytes = Buffer.from(`blob ${at}`);
    draft.put(chunkId(bytes), 'chunk', bytes);
    return chunkId(bytes);
  });
  draft.commit();
  const shared = lender.share();
  for (const file of readdirSync(join(folder, 'packs')).filter((name) => name.endsWith('.index')))
    writeFileSync(join(folder, 'packs', file), 'no index any more');
  const borrower = openBlobs(folder, shared);
  expect(ids.every(borrower.has)).toBe(true);
  expect(borrower.get(ids[4_000]!).toString()).toBe('blob 4000');
});

test('what is got stays, and what is viewed is the same until the next is asked for', () => {
  fc.assert(
    fc.property(fc.array(blob, { maxLength: 20 }), fc.array(fc.nat(19), { maxLength: 30 }), (all, order) => {
      const blobs = openBlobs(freshFolder());
      const draft = blobs.openDraft();
      for (const { kind, bytes } of all) draft.put(idOf(kind, bytes), kind, bytes);
      draft.commit();
      // In the order in which they lie, where they are read ahead, and in any other.
      const asked = [...all, ...order.flatMap((at) => all[at] ?? [])];
      const got = asked.map(({ kind, bytes }) => {
        const own = blobs.get(idOf(kind, bytes));
        expect(blobs.view(idOf(kind, bytes)).equals(bytes)).toBe(true);
        return own;
      });
      for (const [at, { bytes }] of asked.entries()) expect(got[at]!.equals(bytes)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test('nothing of a draft is there before it is committed, and nothing after it is discarded', () => {
  const folder = freshFolder();
  const bytes = Buffer.from('some bytes');
  const draft = openBlobs(folder).openDraft();
  draft.put(chunkId(bytes), 'chunk', bytes);
  expect(openBlobs(folder).has(chunkId(bytes))).toBe(false);
  draft.discard();
  expect(readdirSync(join(folder, 'packs'))).toEqual([]);
});

test('compressible bytes take less room, incompressible ones exactly their own', () => {
  const blobs = openBlobs(freshFolder());
  const draft = blobs.openDraft();
  const text = Buffer.from('1,2,3,four\n'.repeat(5_000));
  const random = noise(50_000, 1);
  for (const bytes of [text, random]) draft.put(chunkId(bytes), 'chunk', bytes);
  draft.commit();
  expect(blobs.locate(chunkId(text))!.stored).toBeLessThan(text.length / 10);
  expect(blobs.locate(chunkId(random))).toMatchObject({ stored: random.length, compressed: false });
});

test('a reader finds what another process adds after it looked', () => {
  const folder = freshFolder();
  const reader = openBlobs(folder);
  const bytes = Buffer.from('added later');
  expect(reader.has(chunkId(bytes))).toBe(false);
  const draft = openBlobs(folder).openDraft();
  draft.put(chunkId(bytes), 'chunk', bytes);
  draft.commit();
  expect(reader.has(chunkId(bytes))).toBe(false);
  expect(reader.get(chunkId(bytes)).equals(bytes)).toBe(true);
  expect(reader.has(chunkId(bytes))).toBe(true);
});

test('a pack is closed at 64 MiB and can be read while the draft goes on', () => {
  const folder = freshFolder();
  const blobs = openBlobs(folder);
  const draft = blobs.openDraft();
  const ids: Hash[] = [];
  for (let at = 0; at < 530; at++) {
    const bytes = noise(128 * 1024, at);
    ids.push(chunkId(bytes));
    draft.put(ids[at]!, 'chunk', bytes);
  }
  const packs = () => readdirSync(join(folder, 'packs')).filter((name) => name.endsWith('.pack')).length;
  expect(packs()).toBe(1);
  expect(blobs.get(ids[0]!).equals(noise(128 * 1024, 0))).toBe(true);
  draft.commit();
  expect(packs()).toBe(2);
  for (const [at, id] of ids.entries()) expect(blobs.get(id).equals(noise(128 * 1024, at))).toBe(true);
});

test('wrong bytes are never given: the blob and its pack are named', () => {
  const folder = freshFolder();
  const bytes = Buffer.from('right bytes that will be changed');
  const draft = openBlobs(folder).openDraft();
  draft.put(chunkId(bytes), 'chunk', bytes);
  draft.commit();
  const [name] = readdirSync(join(folder, 'packs')).filter((file) => file.endsWith('.pack'));
  const path = join(folder, 'packs', name!);
  const pack = readFileSync(path);
  pack[12]! ^= 1;
  writeFileSync(path, pack);
  const read = () => openBlobs(folder).get(chunkId(bytes));
  expect(read).toThrow(chunkId(bytes).slice(0, 12));
  expect(read).toThrow(name!.slice(0, 12));
});
