import { expect, test } from 'vitest';
import {
  sayAlike,
  sayDistance,
  sayKey,
  sayRow,
  saySize,
  saySizes,
  showCell,
  showGrowth,
} from '../../../../webview/data-difference/words.ts';

const picture = { width: 28, height: 28, channels: 1 as const, bytes: 500, tile: null };

test('a missing value, an empty one and a missing column are told apart', () => {
  expect([undefined, null, '', 0, false, 'a', 0.123456].map(showCell)).toEqual([
    ...['(no column)', '(missing)', '(empty)', '0', 'false', 'a', '0.1235'],
  ]);
});

test('a row is named by its number, by both where it has moved', () => {
  const row = { key: [], cells: [] };
  expect(sayRow({ ...row, fromRow: 7, toRow: 7 })).toBe('7');
  expect(sayRow({ ...row, fromRow: 1700, toRow: 1801 })).toBe('1,700 → 1,801');
  expect(sayRow({ ...row, fromRow: null, toRow: 3 })).toBe('3');
  expect(sayRow({ ...row, fromRow: 9, toRow: null })).toBe('9');
});

test('by what rows are matched is said, and that a guess was one', () => {
  const key = { how: 'found' as const, columns: ['id'], repeated: { from: 0, to: 2 } };
  expect(sayKey({ key })).toBe(
    'Rows are matched by id, found because it is unique. 2 rows repeat a key; they are matched in their order.',
  );
  expect(sayKey({ key: { ...key, how: 'asked', columns: ['a', 'b'], repeated: { from: 0, to: 0 } } })).toBe(
    'Rows are matched by a, b.',
  );
  expect(sayKey({ key: { ...key, how: 'content', columns: [] } })).toContain('by row number');
});

test('classes that a table leaves out are counted', () => {
  expect([1, 1200].map(sayAlike)).toEqual([
    'One class is as large as before.',
    '1,200 classes are as large as before.',
  ]);
});

test('how unlike two pictures look is said in words, with the bits that say so', () => {
  expect([null, 0, 5, 15, 40].map(sayDistance)).toEqual([
    'cannot be compared',
    'looks the same',
    'looks alike (5 of 64 bits differ)',
    'looks different (15 of 64 bits)',
    'another picture (40 of 64 bits)',
  ]);
});

test('of sizes only what changed is said twice', () => {
  expect(saySizes(picture, picture)).toBe('28 × 28');
  expect(saySizes(picture, { ...picture, width: 56, channels: 3, bytes: 1200 })).toBe(
    '28 × 28 → 56 × 28 · grey → colour · 500 bytes → 1.20 kB',
  );
  expect(saySizes(null, picture)).toBe('');
  expect(saySize({ fromBytes: 1200, toBytes: 1200 })).toBe('1.20 kB');
  expect(saySize({ fromBytes: 1200, toBytes: 1500 })).toBe('1.20 kB → 1.50 kB');
  expect(saySize({ fromBytes: null, toBytes: 0 })).toBe('0 bytes');
  expect([0, 1200, -3].map(showGrowth)).toEqual(['0', '+1,200', '−3']);
});
