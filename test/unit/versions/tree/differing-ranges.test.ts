import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { createRandom } from '../../../../sidecar/statistics/random.ts';
import { createContents, writeContent } from '../../../../sidecar/versions/tree/contents.ts';
import { differingRanges, partsOf } from '../../../../sidecar/versions/tree/differing-ranges.ts';
import { memoryBlobs } from './memory-blobs.ts';

const MIB = 1 << 20;

const noise = (seed: number, bytes: number): Buffer => {
  const random = createRandom(seed);
  return Buffer.from(Uint32Array.from({ length: bytes / 4 }, () => Math.floor(random.next() * 2 ** 32)).buffer);
};

/** A store that counts the nodes that are read from it. */
const countingBlobs = () => {
  const blobs = memoryBlobs();
  const read: Hash[] = [];
  const get = (id: Hash) => {
    read.push(id);
    return blobs.get(id);
  };
  return { save: (bytes: Buffer) => writeContent(blobs.openDraft(), [bytes]), blobs: { get }, read };
};

const base = noise(1, 3 * MIB);

type Edit = readonly [at: number, removed: number, added: number];
const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.nat({ max: base.length }),
  fc.constantFrom(0, 1, 5_000, 700_000),
  fc.constantFrom(0, 1, 3_000, 400_000),
);

const apply = (bytes: Buffer, [at, removed, added]: Edit): Buffer =>
  Buffer.concat([bytes.subarray(0, at), noise(at + added, Math.ceil(added / 4) * 4), bytes.subarray(at + removed)]);

test('what is between the ranges is equal, and small edits are small ranges', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), (edits) => {
      const store = countingBlobs();
      const edited = edits.reduce(apply, base);
      const [from, to] = [store.save(base), store.save(edited)];
      let [old, now, differing] = [0, 0, 0];
      for (const range of differingRanges(partsOf(store.blobs, from), partsOf(store.blobs, to))) {
        const same = base.subarray(old, range.from.start);
        expect(same.equals(edited.subarray(now, range.to.start))).toBe(true);
        differing += range.to.end - range.to.start;
        [old, now] = [range.from.end, range.to.end];
      }
      expect(base.subarray(old).equals(edited.subarray(now))).toBe(true);
      const added = edits.reduce((sum, [, , bytes]) => sum + bytes, 0);
      // Around each edit the cuts find each other again after a few chunks at most.
      expect(differing).toBeLessThanOrEqual(added + edits.length * 8 * 128 * 1024);
    }),
    { numRuns: 25 },
  );
});

test('equal parts of the lists are not read', () => {
  const store = countingBlobs();
  const large = noise(2, 24 * MIB);
  const edited = Buffer.from(large);
  edited[17 * MIB] = (edited[17 * MIB] ?? 0) ^ 1;
  const [from, to] = [store.save(large), store.save(edited)];
  const ranges = [...differingRanges(partsOf(store.blobs, from), partsOf(store.blobs, to))];
  expect(ranges).toHaveLength(1);
  expect(ranges[0]?.from.start).toBeLessThanOrEqual(17 * MIB);
  expect(ranges[0]?.from.end).toBeGreaterThan(17 * MIB);
  // A root and the nodes around the edit on either side.
  expect(store.read.length).toBeLessThanOrEqual(8);
  expect([...createContents(store.blobs).pieces(to)].length).toBeGreaterThan(200);
});

test.each([
  ['nothing and nothing', 0, 0, 0],
  ['nothing and some bytes', 0, 400, 1],
  ['one chunk and many', 400, MIB, 1],
  ['a file and itself', MIB, MIB, 0],
])('%s have the ranges that they must', (_what, from, to, ranges) => {
  const store = countingBlobs();
  const [old, now] = [store.save(noise(3, from)), store.save(noise(from === to ? 3 : 4, to))];
  const found = [...differingRanges(partsOf(store.blobs, old), partsOf(store.blobs, now))];
  expect(found).toEqual(
    Array.from({ length: ranges }, () => ({ from: { start: 0, end: from }, to: { start: 0, end: to } })),
  );
});
