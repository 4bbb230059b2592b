import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { createIdKey } from '../../../../sidecar/versions/store/id-set.ts';
import { briefIndex, wholeIndex } from '../../../../sidecar/versions/store/known-index.ts';
import { ENTRY_BYTES, sealIndex, writeEntry } from '../../../../sidecar/versions/store/pack-index.ts';

/** Ids of which many begin alike, some with the eight bytes that a brief index holds. */
const id = fc
  .tuple(fc.constantFrom('00', 'a7'), fc.constantFrom('00000000000000', '01020304050607'), fc.nat(3))
  .map(([first, rest, last]) => `${first}${rest}${last}`.padEnd(64, '5') as Hash);

const indexOf = (ids: readonly Hash[]) => {
  const entries = Buffer.alloc(ids.length * ENTRY_BYTES);
  const span = { kind: 'chunk', offset: 8, stored: 1, length: 1, compressed: false } as const;
  for (const [at, each] of ids.entries()) writeEntry(entries, at * ENTRY_BYTES, each, span);
  return sealIndex(entries);
};

test('an index of which only the beginnings are held knows what the whole one knows, and is read when one of them is met', () => {
  fc.assert(
    fc.property(fc.uniqueArray(id, { minLength: 1 }), fc.array(id), (ids, asked) => {
      const { name, bytes } = indexOf(ids);
      let reads = 0;
      const brief = briefIndex(name, bytes, () => {
        reads += 1;
        return bytes;
      });
      const whole = wholeIndex(name, bytes);
      const key = createIdKey();
      const rows = Array.from({ length: ids.length }, (_, row) => row);
      const knows = (index: typeof whole, wanted: Hash) => rows.filter((row) => index.matches(row, key.of(wanted)));
      expect(brief.rows).toBe(ids.length);
      expect(rows.map(brief.firstWord)).toEqual(rows.map(whole.firstWord));
      const isMet = (wanted: Hash) => ids.some((each) => each.slice(0, 16) === wanted.slice(0, 16));
      for (const wanted of asked) expect(knows(brief, wanted)).toEqual(knows(whole, wanted));
      expect(reads).toBe(asked.some(isMet) ? 1 : 0);
      expect(brief.bytes()?.equals(bytes)).toBe(true);
    }),
  );
});

test('what an index held that has gone is not there', () => {
  const { name, bytes } = indexOf(['5'.repeat(64) as Hash]);
  const gone = briefIndex(name, bytes, () => null);
  expect(gone.matches(0, createIdKey().of('5'.repeat(64) as Hash))).toBe(false);
  expect(gone.bytes()).toBe(null);
});
