import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cell } from '../../../../sidecar/datasets/cells.ts';
import { difference, tableFrom, tableOf, type TestTable } from './tables.ts';

const text = (cell: Cell | undefined): string => JSON.stringify(cell == null ? null : String(cell));

/** The same difference, from what it means: all in memory, rows matched one by one. */
const plainDifference = (from: TestTable, to: TestTable, key: readonly string[]) => {
  const shared = from.header.filter((name) => to.header.includes(name));
  const cell = (table: TestTable, row: number, name: string) => text(table.rows[row]?.[table.header.indexOf(name)]);
  const named = (table: TestTable, row: number, names: readonly string[]) =>
    names.map((name) => cell(table, row, name)).join('|');
  const by = key.length === 0 ? shared : key;
  const free = new Set(to.rows.keys());
  const pairs: [number, number][] = [];
  const left: number[] = [];
  for (const row of from.rows.keys()) {
    const partner = [...free].find((other) => named(to, other, by) === named(from, row, by));
    if (partner === undefined) left.push(row);
    else {
      free.delete(partner);
      pairs.push([row, partner]);
    }
  }
  if (key.length === 0) for (const row of left) if (free.has(row)) pairs.push([row, row]);
  const differs = ([old, now]: [number, number]) => named(from, old, shared) !== named(to, now, shared);
  const changed = pairs.filter(differs);
  return {
    changed: changed
      .map(([old, now]) => ({
        fromRow: old + 1,
        toRow: now + 1,
        columns: shared.filter((name) => cell(from, old, name) !== cell(to, now, name)),
      }))
      .sort((a, b) => a.fromRow - b.fromRow),
    unchanged: pairs.length - changed.length,
    removed: from.rows.length - pairs.length,
    added: to.rows.length - pairs.length,
  };
};

const cells = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Cell>('a', 'b', '1', 1, 2.5, null, '', true, 'x,"y"\nz') },
  { weight: 1, arbitrary: fc.string() },
);
const tables = (header: readonly string[]): fc.Arbitrary<TestTable> =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 6 }), ...header.slice(1).map(() => cells)), { maxLength: 25 })
    .map((rows) => ({ header, rows }));
const headers = fc.constantFrom(['k', 'p', 'q'], ['k', 'q', 'p'], ['k', 'p'], ['k', 'p', 'q', 'r']);
const pairs = fc.tuple(headers, headers).chain(([old, now]) => fc.tuple(tables(old), tables(now)));

test.each([
  ['a key that repeats', ['k']],
  ['two columns as key', ['k', 'p']],
])('rows matched by %s over temporary files are those that a search in memory matches', async (_what, key) => {
  await fc.assert(
    fc.asyncProperty(pairs, fc.constantFrom(0, 1e9), async ([from, to], size) => {
      const found = await difference(tableOf(from, size), tableOf(to, size), { key });
      const meant = plainDifference(from, to, key);
      expect(found.rows).toEqual({
        from: from.rows.length,
        to: to.rows.length,
        added: meant.added,
        removed: meant.removed,
        changed: meant.changed.length,
        unchanged: meant.unchanged,
      });
      expect(
        found.changed.map(({ fromRow, toRow, cells: all }) => ({
          fromRow,
          toRow,
          columns: all.map(({ column }) => column),
        })),
      ).toEqual(meant.changed);
    }),
    { numRuns: 60 },
  );
});

test('rows without a key are matched by their contents, and what is left by its row number', async () => {
  await fc.assert(
    fc.asyncProperty(pairs, async ([from, to]) => {
      const found = await difference(tableOf(from), tableOf(to));
      fc.pre(found.key.how === 'content');
      const { changed, ...counts } = plainDifference(from, to, []);
      expect(found.rows).toMatchObject({ ...counts, changed: changed.length });
      expect(found.changed.map(({ fromRow, toRow }) => [fromRow, toRow])).toEqual(
        changed.map(({ fromRow, toRow }) => [fromRow, toRow]),
      );
    }),
    { numRuns: 100 },
  );
});

const near = (value: number) => expect.closeTo(value, 9) as number;

const people = 'id,name,age,label\n1,"O\'Hara, ""Jo""\nanne",30,yes\n2,Bo,41,no\n3,Cy,25,yes\n';

test('a difference names changed cells, label flips, added and removed rows, and the column that names a row', async () => {
  const now = 'id,name,age,label\n3,Cy,25,no\n1,"O\'Hara, ""Jo""\nanne",31,yes\n4,Di,52,no\n';
  const found = await difference(tableFrom('csv', people), tableFrom('csv', now));
  expect(found.key).toEqual({ how: 'found', columns: ['id'], repeated: { from: 0, to: 0 } });
  expect(found.rows).toEqual({ from: 3, to: 3, added: 1, removed: 1, changed: 2, unchanged: 0 });
  expect(found.changed).toEqual([
    { key: ['1'], fromRow: 1, toRow: 2, cells: [{ column: 'age', from: '30', to: '31' }] },
    { key: ['3'], fromRow: 3, toRow: 1, cells: [{ column: 'label', from: 'yes', to: 'no' }] },
  ]);
  expect(found.removed).toMatchObject([{ key: ['2'], fromRow: 2, toRow: null }]);
  expect(found.added[0]?.cells).toContainEqual({ column: 'name', to: 'Di' });
  expect(found.cells).toEqual([
    { column: 'age', changed: 1 },
    { column: 'label', changed: 1 },
  ]);
  expect(found.labels).toEqual({
    column: 'label',
    compared: 2,
    flipped: 1,
    pairs: [{ from: 'yes', to: 'no', count: 1, examples: ['3'] }],
    pairsTotal: 1,
    classes: [
      { name: 'no', from: 1, to: 2 },
      { name: 'yes', from: 2, to: 1 },
    ],
  });
});

test('columns that are added, gone, of another type or in another order are schema, and change no row', async () => {
  const found = await difference(
    tableFrom('jsonl', '{"id":1,"a":1,"b":"x","c":true}\n{"id":2,"a":2,"b":"y","c":false}\n'),
    tableFrom('jsonl', '{"id":1,"b":"x","a":"1","d":"2026-01-01"}\n{"id":2,"b":"y","a":"two","d":null}\n'),
  );
  expect(found.schema).toEqual({
    added: [{ column: 'd', type: 'date' }],
    removed: [{ column: 'c', type: 'boolean' }],
    retyped: [{ column: 'a', from: 'integer', to: 'text' }],
    reordered: true,
  });
  expect(found.rows).toMatchObject({ changed: 1, unchanged: 1 });
  expect(found.changed[0]?.cells).toEqual([{ column: 'a', from: 2, to: 'two' }]);
});

test.each([
  ['among rows that differ', 7, 'code'],
  ['among equal rows only', 0, 'id'],
])('a column that is unique at the beginning and repeats later %s', async (_where, removed, key) => {
  const rows = Array.from({ length: 10_400 }, (_, at) => [at < 10_200 ? at : 7, at] as const);
  const table = { header: ['id', 'code'], rows };
  const found = await difference(tableOf(table), tableOf({ ...table, rows: rows.filter((_, at) => at !== removed) }));
  expect(found.key).toEqual({ how: 'found', columns: [key], repeated: { from: 0, to: 0 } });
  expect(found.rows).toMatchObject({ removed: 1, added: 0, changed: 0 });
});

test('integers that no number holds are compared digit by digit in JSON lines', async () => {
  const lines = (last: string) =>
    `{"id":1,"n":90071992547409${last},"x":0.12345678901234567,"s":"12345678901234567890"}\n{"id":2,"n":5,"x":1,"s":""}\n`;
  const found = await difference(tableFrom('jsonl', lines('93')), tableFrom('jsonl', lines('94')));
  expect(found.changed).toEqual([
    { key: [1], fromRow: 1, toRow: 1, cells: [{ column: 'n', from: '9007199254740993', to: '9007199254740994' }] },
  ]);
  expect(found.schema.retyped).toEqual([]);
});

test('measurements that happen to differ are no key', async () => {
  const found = await difference(
    tableFrom('csv', 'age,y\n31,a\n42,b\n'),
    tableFrom('csv', 'age,y\n55,a\n42,b\n18,b\n'),
  );
  expect(found.key.how).toBe('found');
  const apart = await difference(
    tableFrom('csv', 'age,y\n31,a\n42,b\n'),
    tableFrom('csv', 'age,y\n55,a\n43,b\n18,b\n'),
  );
  expect(apart.key.how).toBe('content');
});

test.each([
  ['nothing and nothing', '', '', { added: 0, removed: 0 }],
  ['nothing and rows', '', 'a,b\n1,2\n', { added: 1, removed: 0 }],
  ['a header and rows', 'a,b\n', 'a,b\n1,2\n', { added: 1, removed: 0 }],
  ['rows and nothing', 'a,b\n1,2\n1,2\n', '', { added: 0, removed: 2 }],
  ['no column in common', 'a,b\n1,2\n', 'c,d\n3,4\n5,6\n', { added: 2, removed: 1 }],
  ['columns with other names', 'a,b\n1,2\n', 'c,d\n1,2\n', { added: 0, removed: 0, unchanged: 1 }],
])('%s can be compared', async (_what, from, to, rows) => {
  const found = await difference(tableFrom('csv', from), tableFrom('csv', to));
  expect(found.rows).toMatchObject({ changed: 0, ...rows });
});

test('a key or target that one side lacks is refused with the columns that there are', async () => {
  const [from, to] = [tableFrom('csv', 'a,b\n1,2\n'), tableFrom('csv', 'a,c\n1,2\n')];
  await expect(difference(from, to, { key: ['b'] })).rejects.toThrow(
    expect.objectContaining({ code: 'request-invalid', hint: 'They have a in common.' }) as Error,
  );
  await expect(difference(from, to, { target: 'c' })).rejects.toThrow(/“c” is no column of t\.csv on both sides/);
});

const parquet = (name: string) =>
  tableFrom('parquet', readFileSync(join(import.meta.dirname, '../../../fixtures/tables', name)));

test('one Parquet table in two compressions has equal rows', async () => {
  const found = await difference(parquet('people-snappy.parquet'), parquet('people-zstd.parquet'));
  expect(found.rows).toMatchObject({ added: 0, removed: 0, changed: 0 });
  expect(found.rows.unchanged).toBe(found.rows.from);
  expect(found.schema).toEqual({ added: [], removed: [], retyped: [], reordered: false });
});

test('a target of numbers has flips that are counted, and no classes', async () => {
  const rows = Array.from({ length: 60 }, (_, at) => [at, at * 1.5]);
  const found = await difference(
    tableOf({ header: ['id', 'target'], rows }),
    tableOf({ header: ['id', 'target'], rows: rows.map(([id = 0, y = 0]) => [id, id < 3 ? y + 1 : y]) }),
  );
  expect(found.labels).toMatchObject({ column: 'target', flipped: 3, pairs: [], classes: [] });
});

test('examples are the first 200 of each kind, and counts are of all', async () => {
  const rows = Array.from({ length: 2_000 }, (_, at) => [at, 'x']);
  const found = await difference(
    tableOf({ header: ['id', 'v'], rows }, 1e9),
    tableOf(
      { header: ['id', 'v'], rows: rows.map(([id = 0]) => [Number(id) < 1_000 ? id : Number(id) + 5_000, 'y']) },
      1e9,
    ),
  );
  expect(found.rows).toMatchObject({ changed: 1_000, added: 1_000, removed: 1_000 });
  expect(found.changed.map(({ fromRow }) => fromRow)).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
  expect(found.added.map(({ toRow }) => toRow)).toEqual(Array.from({ length: 200 }, (_, at) => at + 1_001));
});

test('a column of too many different texts is named among the notes, and has no spread', async () => {
  const table = (more: string) =>
    tableOf({
      header: ['id', 'text', 'city'],
      rows: Array.from({ length: 1_100 }, (_, at) => [at, `${at}${more}`, 'Rome']),
    });
  const notes: string[] = [];
  const found = await difference(table(''), table('!'), { note: (text) => notes.push(text) });
  expect(found.shifts.map(({ column }) => column)).toEqual(['city']);
  expect(notes).toEqual(['The spread of text in t.csv is not compared: more than 1,000 different texts.']);
});

test('shifts of numbers and categories are told with figures, n, and where they cannot be told', async () => {
  const rows = (from: number, mean: number, city: string) =>
    Array.from({ length: from }, (_, at) => [
      at,
      mean + (at % 20),
      at % 4 === 0 ? city : 'Rome',
      at % 10 === 0 ? null : 1,
    ]);
  const header = ['id', 'age', 'city', 'flag'];
  const found = await difference(
    tableOf({ header, rows: rows(400, 30, 'Oslo') }),
    tableOf({ header, rows: rows(500, 38, 'Bern') }),
  );
  expect(Object.fromEntries(found.shifts.map(({ column, verdict }) => [column, verdict]))).toEqual({
    age: 'drifting',
    city: 'drifting',
    flag: 'stable',
  });
  expect(found.shifts.at(-1)?.column).toBe('flag');
  const age = found.shifts.find(({ column }) => column === 'age');
  expect(age).toMatchObject({
    type: 'number',
    distance: near(8),
    sampled: { from: 400, to: 500 },
    numbers: { from: { mean: near(39.5), least: 30, most: 49, median: 39.5 }, to: { mean: near(47.5), missing: 0 } },
  });
  expect(age?.sentence).toMatch(
    /^“age” has shifted: mean 39\.5 → 47\.5, deviation 5\.77 → 5\.77 \(PSI [\d.]+, 400 and 500 rows\)\.$/,
  );
  expect(found.shifts.find(({ column }) => column === 'city')).toMatchObject({
    appeared: ['Bern'],
    vanished: ['Oslo'],
  });
  expect(found.shifts.find(({ column }) => column === 'flag')?.missing).toEqual({ from: 40, to: 50 });
  const few = await difference(
    tableOf({ header, rows: rows(20, 30, 'Oslo') }),
    tableOf({ header, rows: rows(20, 30, 'Oslo') }),
  );
  expect(few.shifts.map(({ verdict }) => verdict)).toEqual(['cannot_tell', 'cannot_tell', 'cannot_tell']);
  expect(few.shifts[0]?.sentence).toMatch(/^20 rows are too few to tell whether/);
});

test('a long text is cut, and said to be', async () => {
  const long = 'x'.repeat(500);
  const found = await difference(tableFrom('csv', `id,t\n1,${long}\n`), tableFrom('csv', `id,t\n1,${long}y\n`));
  expect(found.changed[0]?.cells[0]?.to).toBe(`${'x'.repeat(200)}…`);
});
