import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCsvSplitter } from '../../../sidecar/datasets/csv-records.ts';

const split = (text: string, cuts: readonly number[] = []): string[][] => {
  const splitter = createCsvSplitter();
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const pieces = [...ends, text.length].map((end, at) => text.slice(ends[at - 1] ?? 0, end));
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
};

const field = fc.oneof(
  fc.stringMatching(/^[a-z0-9 .]{0,6}$/),
  fc
    .array(fc.constantFrom('"', ',', '\n', '\r\n', 'x', 'é', '😀', ' '), { maxLength: 6 })
    .map((parts) => parts.join('')),
);
const tables = fc
  .integer({ min: 1, max: 4 })
  .chain((columns) =>
    fc.array(fc.array(field, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 12 }),
  );
const written = (value: string, always: boolean): string =>
  always || /["\n\r,]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

test('any table is read as it was written, and as csv-parse reads it, wherever the pieces end', () => {
  fc.assert(
    fc.property(
      tables,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 8 }),
      (table, lineEnd, always, closed, cuts) => {
        const lines = table.map((row) => row.map((value) => written(value, always)).join(','));
        const text = lines.join(lineEnd) + (closed ? lineEnd : '');
        const expected = table.filter((_row, at) => lines[at] !== '');
        expect(split(text, cuts)).toEqual(expected);
        expect(parse(text, { skip_empty_lines: true, record_delimiter: lineEnd })).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  ['a,b\n1,"2\n3', /a quote that is not closed begins in line 2/],
  ['a\n"1"x\n', /"x" stands behind a quote that closes a field in line 2/],
  ['a\n\n1"2\n', /a quote stands within a field that does not begin with one in line 3/],
  ['a\n"x\ny"\n"1"2\n', /in line 4/],
])('%j is refused with its line, as csv-parse refuses it', (text, words) => {
  expect(() => split(text)).toThrow(words);
  const everywhere = Array.from({ length: text.length }, (_, at) => at);
  expect(() => split(text, everywhere)).toThrow(words);
  expect(() => parse(text, { skip_empty_lines: true })).toThrow();
});
