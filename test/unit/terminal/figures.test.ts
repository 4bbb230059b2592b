import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agoText, bar, bytesText, durationText, figure, sparkline } from '../../../sidecar/terminal/figures.ts';
import { table } from '../../../sidecar/terminal/table.ts';

test('a sparkline keeps the highest value of each part', () => {
  expect(sparkline([0, 0, 7, 0, 0, 0, 0, 0], 4)).toBe('▁█▁▁');
  expect(sparkline([1, 1, 1])).toBe('▁▁▁');
  expect(sparkline([])).toBe('');
});

test('a bar has its width whatever the share', () => {
  fc.assert(
    fc.property(fc.option(fc.double({ min: -1, max: 2, noNaN: true })), (share) => bar(share, 20).length === 20),
  );
});

test('an unknown number is a dash, never zero', () => {
  expect(figure(null)).toBe('–');
  expect(figure(Number.NaN)).toBe('–');
  expect(figure(0)).toBe('0');
  expect(figure(0.987_654)).toBe('0.9877');
});

test('sizes and times are in units that people read', () => {
  expect([bytesText(0), bytesText(999), bytesText(20_060_000)]).toEqual(['0 B', '999 B', '20.1 MB']);
  expect([durationText(12), durationText(1500), durationText(61_000), durationText(7_260_000)]).toEqual([
    '12 ms',
    '1.5 s',
    '1 min 1 s',
    '2 h 1 min',
  ]);
  expect(agoText(0, 3_600_000)).toBe('1 h ago');
});

test('columns of a table line up, and numbers stand to the right', () => {
  expect(
    table(
      ['name', 'value'],
      [
        ['a', '1'],
        ['long name', '12'],
      ],
    ),
  ).toBe(['name       value', '─────────  ─────', 'a              1', 'long name     12'].join('\n'));
});
