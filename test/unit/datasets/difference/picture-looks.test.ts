import { encode } from 'fast-png';
import fc from 'fast-check';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createContentNumbers } from '../../../../sidecar/datasets/difference/content-numbers.ts';
import { createFirst } from '../../../../sidecar/datasets/difference/first.ts';
import { lookAhead } from '../../../../sidecar/datasets/difference/look-ahead.ts';
import { openLooks } from '../../../../sidecar/datasets/difference/picture-looks.ts';
import { createRoom } from '../../../../sidecar/datasets/difference/room.ts';
import { sha256Of } from '../../../../sidecar/versions/hash.ts';
import { entryPath } from '../../../../sidecar/work/entry.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const contentOf = (at: number) => sha256Of(String(at));
const never = () => {
  throw new Error('it is known');
};

test('the look of a picture is kept, also behind a record that a crash left unfinished', () => {
  const file = join(freshFolder(), 'looks.bin');
  const picture = (value: number) =>
    encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(value, 255 - value) });
  const first = openLooks(file);
  const look = first.of(contentOf(1), () => picture(10));
  first.save();
  writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('torn')]));
  const second = openLooks(file);
  const other = second.of(contentOf(2), () => picture(200));
  second.save();
  const third = openLooks(file);
  third.recall([contentOf(1), contentOf(2)]);
  expect(third.of(contentOf(1), never)).toEqual(look);
  expect(third.of(contentOf(2), never)).toEqual(other);
});

test('any looks that were kept are recalled, those that are asked for and no others', () => {
  const number = fc.nat({ max: 400 });
  fc.assert(
    fc.property(fc.uniqueArray(number, { maxLength: 300 }), fc.array(number), (kept, asked) => {
      const file = join(freshFolder(), 'looks.bin');
      const looks = openLooks(file);
      for (const at of kept) looks.keep(contentOf(at), { hash: BigInt(at) << 40n });
      looks.save();
      const later = openLooks(file);
      later.recall(asked.map(contentOf));
      for (const at of asked) {
        expect(later.has(contentOf(at))).toBe(kept.includes(at));
        if (kept.includes(at)) expect(later.of(contentOf(at), never)).toEqual({ hash: BigInt(at) << 40n });
      }
      expect(later.count()).toBe(new Set(asked).size);
    }),
    { numRuns: 30 },
  );
});

test('why a picture cannot be read is told again, and looked for again in the next comparison', () => {
  const file = join(freshFolder(), 'looks.bin');
  const first = openLooks(file);
  const torn = first.of(contentOf(1), () => Buffer.from('no picture'));
  expect(torn).toEqual({ why: 'it is neither PNG nor JPEG' });
  expect(first.of(contentOf(1), never)).toEqual(torn);
  first.save();
  const second = openLooks(file);
  second.recall([contentOf(1)]);
  expect(second.has(contentOf(1))).toBe(false);
});

test('of too many looks half are forgotten, the oldest first, and none that is needed', () => {
  const folder = freshFolder();
  const file = join(folder, 'looks.bin');
  const keep = (from: number, to: number) => {
    const looks = openLooks(file, 100);
    for (let at = from; at < to; at++) looks.keep(contentOf(at), { hash: BigInt(at) });
    return looks;
  };
  keep(0, 60).save();
  keep(60, 100).save();
  expect(statSync(file).size).toBe(100 * 40);
  const needed = keep(100, 101);
  needed.recall([contentOf(3), contentOf(70)]);
  needed.save();
  expect(readdirSync(folder)).toEqual(['looks.bin']);
  expect(statSync(file).size).toBe(50 * 40);
  const later = openLooks(file, 100);
  later.recall(Array.from({ length: 101 }, (_, at) => contentOf(at)));
  const left = Array.from({ length: 101 }, (_, at) => at).filter((at) => later.has(contentOf(at)));
  expect(left).toEqual([3, ...Array.from({ length: 49 }, (_, at) => 52 + at)]);
});

test('more looks that are needed than may be kept stay bounded too', () => {
  const file = join(freshFolder(), 'looks.bin');
  const looks = openLooks(file, 100);
  for (let at = 0; at < 250; at++) looks.keep(contentOf(at), { hash: 1n });
  looks.save();
  expect(statSync(file).size).toBe(50 * 40);
});

test('contents have numbers in the order in which they come', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3_000 }), { maxLength: 2_000 }), (order) => {
      const numbers = createContentNumbers();
      const expected = new Map<number, number>();
      for (const at of order) {
        if (!expected.has(at)) expected.set(at, expected.size);
        expect(numbers.of(contentOf(at))).toBe(expected.get(at));
      }
      expect(numbers.count()).toBe(expected.size);
      for (let at = 0; at < 3_000; at += 97) expect(numbers.find(contentOf(at))).toBe(expected.get(at) ?? -1);
    }),
    { numRuns: 10 },
  );
});

test('the first of many are those that sorting all of them puts first', () => {
  const item = fc.record({ rank: fc.nat({ max: 5 }), name: fc.nat() });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (items, most) => {
      const first = createFirst<(typeof items)[number]>(most, (a, b) => a.rank - b.rank);
      for (const one of items) first.add(one);
      expect(first.finish()).toEqual([...items].sort((a, b) => a.rank - b.rank).slice(0, most));
    }),
  );
});

test('no more is worked on at once than there is room for, unless it is one alone, and all come in by their turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }), async (sizes) => {
      const room = createRoom(20);
      const inside = new Set<number>();
      const came: number[] = [];
      await Promise.all(
        sizes.map(async (bytes, at) => {
          await room.enter(bytes);
          came.push(at);
          inside.add(at);
          const taken = [...inside].reduce((sum, one) => sum + (sizes[one] ?? 0), 0);
          expect(inside.size === 1 || taken <= 20).toBe(true);
          await wait(0);
          inside.delete(at);
          room.leave(bytes);
        }),
      );
      expect(came).toEqual(sizes.map((_, at) => at));
    }),
    { numRuns: 20 },
  );
});

test('of thousands of pictures as few wait in memory as threads work on', async () => {
  const PICTURES = 3_000;
  const bytes = Buffer.from(encode({ width: 8, height: 8, channels: 1, data: new Uint8Array(64) }));
  const looks = openLooks(join(freshFolder(), 'looks.bin'));
  const file = (at: number) => ({
    path: `${at}.png`,
    size: bytes.length,
    content: contentOf(at),
    executable: false,
  });
  let [read, kept, most] = [0, 0, 0];
  const get = () => {
    read += 1;
    most = Math.max(most, read - kept);
    return bytes;
  };
  await lookAhead(
    { contents: { get, pieces: never, open: never, parts: never } },
    () => Array.from({ length: PICTURES }, (_, at) => file(at)),
    {
      looks,
      program: entryPath('looks'),
      seen: (more) => {
        kept += more;
        return Promise.resolve();
      },
    },
  );
  expect([read, kept]).toEqual([PICTURES, PICTURES]);
  // Of three threads two orders each, and one on its way, of 32 pictures.
  expect(most).toBeLessThanOrEqual((2 * 3 + 1) * 32);
});
