import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rowsOf, workspaceWith } from './workspace.ts';

const fault = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

const records = Array.from({ length: 60 }, (_, at) => ({
  age: at === 3 ? null : 20 + at,
  city: at === 5 ? null : ['Rome', 'Oslo', 'Paris'][at % 3]!,
  member: at % 2 === 0,
  label: at % 2 === 0 ? 'yes' : 'no',
}));
const jsonLines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const csv = `age,city,member,label\n${records
  .map((row) =>
    Object.values(row)
      .map((cell) => cell ?? '')
      .join(','),
  )
  .join('\n')}\n`;
const featurize = (name: string, bytes: string | Uint8Array, settings = {}, features: readonly object[] = []) =>
  workspaceWith({ [name]: bytes }).featurize(name, settings, features as never);

test('the same table gives the same rows from CSV and from JSON lines', async () => {
  const columns = [{ name: 'age' }, { name: 'city', transform: 'onehot' }];
  const [first, second] = [
    await featurize('t.csv', csv, {}, columns),
    await featurize('t.jsonl', jsonLines(records), {}, columns),
  ];
  for (const part of ['train', 'validation', 'test'] as const)
    expect(rowsOf(second, part)).toEqual(rowsOf(first, part));
});

test('a column that some JSON lines leave out is missing there', async () => {
  const rows = records.map(({ city, ...row }, at) => (at % 4 === 0 ? row : { city, ...row }));
  const { features } = await featurize('t.jsonl', `${jsonLines(rows)}\n`, { target: 'label' });
  expect(features.columns.map(({ kind, column }) => `${column} ${kind}`)).toEqual([
    'age number',
    'member number',
    'city onehot',
  ]);
});

test.each<[string, string, RegExp]>([
  ['a broken line', '{"a":1,"b":2}\n{"a":1,\n', /t\.jsonl .* line 2 is not JSON/],
  ['a list', '{"a":1,"b":2}\n[1,2]\n', /line 2 is no object/],
  ['an object inside', '{"a":1,"b":2}\n{"a":{"c":1},"b":2}\n', /row 2 has an object as “a”/],
  ['a list inside', '{"a":1,"b":2}\n{"a":[1],"b":2}\n', /row 2 has a list as “a”/],
  [
    'a late column',
    jsonLines([...Array.from({ length: 1000 }, (_, at) => ({ a: at, b: at % 2 })), { a: 1, b: 1, c: 1 }]),
    /row 1001 has a column “c” that none of the first 1000 rows has/,
  ],
])('JSON lines with %s are refused with the place', async (_what, text, words) => {
  await expect(featurize('t.jsonl', text)).rejects.toThrow(fault('dataset-unreadable', words));
});

test('bytes that are no UTF-8 are refused, and nothing is no table', async () => {
  await expect(featurize('t.jsonl', Buffer.from([0x7b, 0xff, 0x7d]))).rejects.toThrow(/not UTF-8/);
  await expect(featurize('t.jsonl', '\n')).rejects.toThrow(fault('dataset-empty', /t\.jsonl/));
});

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/tables', name));

test.each(['people-snappy.parquet', 'people-zstd.parquet'])(
  '%s, written by Apache Arrow in row groups of 25, is read with its types',
  async (name) => {
    const columns = [
      { name: 'age' },
      { name: 'height' },
      { name: 'city', transform: 'onehot' },
      { name: 'member' },
      { name: 'joined', transform: 'date' },
      { name: 'born', transform: 'date' },
      { name: 'price' },
    ];
    const open = await featurize(name, fixture(name), {}, columns);
    expect(open.features).toMatchObject({ classes: ['no', 'yes'], target: 'label', inputShape: [17] });
    const all = (['train', 'validation', 'test'] as const).flatMap((part) => rowsOf(open, part));
    expect(all).toHaveLength(60);
    for (const { name: row, input, target } of all) {
      const at = Number(row.replace('row ', '')) - 1;
      const joined = new Date(Date.UTC(2026, 0, 1 + at));
      expect(target).toBe(at % 2 === 0 ? 1 : 0);
      if (at !== 3) expect(input[0]).toBe(20 + at);
      expect(input[1]).toBeCloseTo(1.5 + at / 100, 5);
      const city = open.features.columns[2]!;
      const expected = at === 5 ? undefined : ['Rome', 'Oslo', 'Paris'][at % 3];
      expect(city.kind === 'onehot' ? city.categories[input.slice(2, 5).indexOf(1)] : '').toBe(expected);
      expect(input[5]).toBe(at % 2 === 0 ? 1 : 0);
      expect([...input.slice(6, 9), input[10]]).toEqual([
        joined.getUTCFullYear(),
        joined.getUTCMonth() + 1,
        joined.getUTCDate(),
        12,
      ]);
      expect(input[16]).toBe(at / 4);
    }
  },
);

test.each<[string, Uint8Array, RegExp]>([
  ['lists inside', fixture('nested.parquet'), /column “a” holds lists or objects/],
  ['its end cut off', fixture('people-snappy.parquet').subarray(0, 3000), /damaged Parquet/],
  ['other bytes', Buffer.from('hello'), /damaged Parquet/],
])('Parquet with %s is refused', async (_what, bytes, words) => {
  await expect(featurize('t.parquet', bytes)).rejects.toThrow(fault('dataset-unreadable', words));
});
