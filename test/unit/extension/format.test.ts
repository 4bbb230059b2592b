import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countOf, showAge, showBytes, showDuration, showNumber, sparkline } from '../../../extension/format.ts';

test('numbers have four significant digits', () => {
  expect([0.989143, 31, 1.23456e-7, 0].map(showNumber)).toEqual(['0.9891', '31', '1.235e-7', '0']);
});

test('times, sizes and counts are told in the largest unit that fits', () => {
  expect([0, 59_000, 60_000, 3_600_000, 50 * 3_600_000].map((ms) => showAge(0, ms))).toEqual([
    'now',
    'now',
    '1 min',
    '1 h',
    '2 d',
  ]);
  expect([420, 12_345, 185_000, 7_800_000].map(showDuration)).toEqual(['0.4 s', '12 s', '3 min 5 s', '2 h 10 min']);
  expect([0, 999, 1000, 11_300_000].map(showBytes)).toEqual(['0 bytes', '999 bytes', '1.00 kB', '11.3 MB']);
  expect([countOf(1, 'run'), countOf(2310, 'file')]).toEqual(['1 run', '2,310 files']);
});

test('a sparkline has its lowest and its highest character where the values are', () => {
  expect(sparkline([1])).toBe('');
  expect(sparkline([3, 3, 3])).toBe('▁▁▁');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 8 }), (values) => {
      const line = Array.from(sparkline(values));
      expect(line).toHaveLength(values.length);
      expect(line[values.indexOf(Math.min(...values))]).toBe('▁');
      if (Math.max(...values) > Math.min(...values)) expect(line[values.indexOf(Math.max(...values))]).toBe('█');
    }),
  );
});
