import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { chunkId } from '../../../../sidecar/versions/store/blob-id.ts';
import { CHUNK_MAX, firstCut } from '../../../../sidecar/versions/store/chunker.ts';
import { chunksOf } from '../../../../sidecar/versions/tree/chunk-list.ts';
import { nameChunks } from '../../../../sidecar/versions/tree/name-chunks.ts';
import { noise } from '../store/noise.ts';

interface Named {
  readonly id: Hash;
  readonly bytes: number;
}

/** Without any former file. */
const listOf = (bytes: Uint8Array): Named[] =>
  [...chunksOf([bytes])].map((chunk) => ({ id: chunkId(chunk), bytes: chunk.length }));

/** Gives bytes as a file would, in pieces that the system chooses. */
const reading = (bytes: Uint8Array, most: number) => {
  let at = 0;
  return (into: Buffer): number => {
    const piece = bytes.subarray(at, at + Math.min(most, into.length));
    into.set(piece);
    at += piece.length;
    return piece.length;
  };
};

/** The chunks of a file that was another one, and for how many of them an end was looked for. */
const nameAfter = (former: Uint8Array, bytes: Uint8Array, most = bytes.length) => {
  let searched = 0;
  const cut = (rest: Uint8Array): number => {
    searched += 1;
    return firstCut(rest);
  };
  const chunks: Named[] = [];
  for (const chunk of nameChunks(reading(bytes, most), listOf(former), cut)) {
    chunks.push({ id: chunk.id, bytes: chunk.bytes.length });
  }
  return { chunks, searched };
};

/** Random bytes, rows, and one byte alone, whose chunks are all the same. */
const piece = fc.record({
  seed: fc.nat(20),
  size: fc.integer({ min: 1, max: 500_000 }),
  kind: fc.constantFrom('noise', 'rows', 'byte'),
});
const bytesOf = ({ seed, size, kind }: { seed: number; size: number; kind: string }): Buffer =>
  kind === 'noise' ? noise(size, seed) : Buffer.alloc(size, kind === 'rows' ? `${seed},0,C,{"b":*}\n` : '0');
const file = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => Buffer.concat(pieces.map(bytesOf)));

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 300_000 }),
  inserted: fc.oneof(fc.constant(null), piece),
});
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;
const edited = (bytes: Buffer, edits: readonly Edit[]) =>
  edits.reduce((now, { at, removed, inserted }) => {
    const start = Math.floor(at * now.length);
    const more = inserted === null ? Buffer.alloc(0) : bytesOf(inserted);
    return Buffer.concat([now.subarray(0, start), more, now.subarray(start + removed)]);
  }, bytes);

test('the chunks of a file are the same whatever it was before', () => {
  fc.assert(
    fc.property(
      file,
      fc.array(edit, { maxLength: 4 }),
      fc.integer({ min: 1_000, max: 400_000 }),
      (former, edits, most) => {
        const now = edited(former, edits);
        fc.pre(now.length > CHUNK_MAX);
        expect(nameAfter(former, now, most).chunks).toEqual(listOf(now));
      },
    ),
    { numRuns: 60 },
  );
});

test('the chunks of a file are the same when it was one of other bytes', () => {
  fc.assert(
    fc.property(file, file, (former, now) => {
      fc.pre(now.length > CHUNK_MAX);
      expect(nameAfter(former, now).chunks).toEqual(listOf(now));
    }),
    { numRuns: 40 },
  );
});

test('ends are looked for around an edit and nowhere else', () => {
  const former = noise(8_000_000, 1);
  const all = listOf(former).length;
  expect(nameAfter(Buffer.alloc(0), former).searched).toBe(all);
  expect(nameAfter(former, former).searched).toBe(0);
  const one = Buffer.from(former);
  one[4_000_000]! ^= 1;
  expect(nameAfter(former, one).searched).toBeLessThanOrEqual(3);
  const rows = Buffer.from('a new row that moves all behind it\n');
  const inserted = Buffer.concat([former.subarray(0, 4_000_000), rows, former.subarray(4_000_000)]);
  expect(nameAfter(former, inserted).searched).toBeLessThanOrEqual(4);
  const removed = Buffer.concat([former.subarray(0, 2_000_000), former.subarray(5_000_000)]);
  expect(nameAfter(former, removed).searched).toBeLessThanOrEqual(4);
});

test('a file that was appended to is compared up to its old end, and the last chunk is looked through again', () => {
  const former = noise(2_000_000, 4);
  const longer = Buffer.concat([former, noise(300_000, 5)]);
  const { chunks, searched } = nameAfter(former, longer);
  expect(chunks).toEqual(listOf(longer));
  expect(searched).toBe(chunks.length - listOf(former).length + 1);
});
