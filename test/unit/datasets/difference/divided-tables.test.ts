import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TableDifference } from '../../../../sidecar/contract/data-difference.ts';
import { findChangedRows } from '../../../../sidecar/datasets/difference/changed-rows.ts';
import { divideTables } from '../../../../sidecar/datasets/difference/divide-tables.ts';
import { openRuns } from '../../../../sidecar/datasets/difference/known-runs.ts';
import type { TableOrder } from '../../../../sidecar/datasets/difference/table-difference.ts';
import { sha256Of } from '../../../../sidecar/versions/hash.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { writeParquet } from './parquet-file.ts';
import { difference, sideFrom, tableFrom, type TableFormat } from './tables.ts';

type Bytes = string | Uint8Array;
type TextFormat = Exclude<TableFormat, 'parquet'>;

const ALWAYS = { fewestBytes: 0, mostShare: 1, mostBytes: 1e9 };

interface Asked extends Partial<Pick<TableOrder, 'key' | 'target'>> {
  readonly pieceBytes?: number;
  /** Where it is kept what is known of runs. */
  readonly runsFile?: string;
}

/**
 * The difference of what differs, and that of the whole: when nothing is known of the tables, and again when it is. Whether
 * the tables were divided at all, and how many bytes of equal rows were read each time.
 */
const bothWays = async (
  kind: TableFormat,
  [from, to]: readonly [Bytes, Bytes],
  { pieceBytes = 30, runsFile = join(freshFolder(), 'runs'), ...asked }: Asked = {},
) => {
  const tables = [tableFrom(kind, from), tableFrom(kind, to)] as const;
  const compareParts = async () => {
    const notes: string[] = [];
    let read = 0;
    const runs = openRuns(runsFile);
    const divide: TableOrder['divide'] = async (header) => {
      const [old, now] = [sideFrom(kind, from, pieceBytes), sideFrom(kind, to, pieceBytes)];
      const order = { from: old, to: now, header, runs, shown: 't', seen: (bytes: number) => void (read += bytes) };
      return divideTables(order, ALWAYS);
    };
    const found = await outcome(difference(...tables, { ...asked, divide, note: (text) => void notes.push(text) }));
    runs.save();
    return { found, notes, read };
  };
  const whole = await outcome(difference(...tables, asked));
  const [divided, again] = [await compareParts(), await compareParts()];
  expect(again.found).toEqual(divided.found);
  expect(again.notes).toEqual(divided.notes);
  return {
    whole,
    divided: divided.found,
    notes: divided.notes,
    isDivided: divided.notes.some((text) => text.includes('were compared, since')),
    read: [divided.read, again.read] as const,
  };
};

/** All but the spread of columns, or why it was refused. */
const outcome = async (found: Promise<TableDifference>): Promise<TableDifference | string> => {
  try {
    return { ...(await found), shifts: [] };
  } catch (error) {
    return String(error);
  }
};

/** Rows of a few values, so that keys and whole rows repeat, are moved and occur on either side of a difference. */
const cell = fc.constantFrom('a', 'b', '1', '2.5', '', 'ä', 'x,y', 'line\nbreak', 'say "so"', '3\r');
const row = fc.tuple(fc.integer({ min: 0, max: 30 }).map(String), cell, cell);
const rows = fc.array(row, { minLength: 1, maxLength: 40 });

type Row = readonly string[];
type Edit = readonly [what: 'change' | 'insert' | 'remove' | 'move' | 'repeat', at: number, row: Row];

const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.constantFrom('change', 'insert', 'remove', 'move', 'repeat'),
  fc.nat({ max: 1_000 }),
  row,
);
const edits = fc.array(edit, { maxLength: 4 });

const applyEdit = (table: readonly Row[], [what, place, fresh]: Edit): readonly Row[] => {
  const at = place % (table.length + 1);
  const here = table.slice(at, at + 1);
  switch (what) {
    case 'change':
      return [
        ...table.slice(0, at),
        ...here.map(([key = '', first = '']) => [key, first, fresh[2] ?? '']),
        ...table.slice(at + 1),
      ];
    case 'insert':
      return [...table.slice(0, at), fresh, ...table.slice(at)];
    case 'remove':
      return [...table.slice(0, at), ...table.slice(at + 1)];
    case 'move':
      return [...here, ...table.slice(0, at), ...table.slice(at + 1)];
    case 'repeat':
      return [...table, ...here];
  }
};

interface Style {
  readonly quoted: 'always' | 'needed';
  readonly lineEnd: '\n' | '\r\n' | '\n\n';
  readonly lastEnd: boolean;
  readonly mark: boolean;
}

const styles: fc.Arbitrary<Style> = fc.record({
  quoted: fc.constantFrom('always', 'needed', 'needed'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\n\n'),
  lastEnd: fc.boolean(),
  mark: fc.boolean(),
});

const toCsv = (table: readonly Row[], { quoted, lineEnd, lastEnd, mark }: Style): string => {
  const cellText = (text: string) =>
    quoted === 'always' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = [['id', 'first', 'label'], ...table].map((cells) => cells.map(cellText).join(','));
  return `${mark ? '\uFEFF' : ''}${lines.join(lineEnd)}${lastEnd ? lineEnd : ''}`;
};

const toJsonLines = (table: readonly Row[], { lineEnd, lastEnd }: Style): string =>
  table
    .map(([id, first, label]) => JSON.stringify({ id: Number(id), first, label: label === '' ? null : label }))
    .join(lineEnd)
    .concat(lastEnd ? lineEnd : '');

const writers = { csv: toCsv, jsonl: toJsonLines };
const keys = fc.constantFrom<readonly string[]>([], ['id'], ['label'], ['first', 'id']);

const splice = fc.tuple(
  fc.nat({ max: 2_000 }),
  fc.nat({ max: 12 }),
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '1', '"\n', '","'), maxLength: 6 }),
);

const spliceInto = (text: string, [place, length, fresh]: readonly [number, number, string]): string => {
  const at = place % (text.length + 1);
  return text.slice(0, at) + fresh + text.slice(at + length);
};

const parquetRow = fc.tuple(
  fc.integer({ min: 0, max: 60 }),
  fc.constantFrom('a', 'b', 'ä'),
  fc.integer({ min: -2, max: 2 }),
);
const parquetGroups = fc.array(fc.array(parquetRow, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
type Groups = readonly (readonly (readonly (number | string)[])[])[];
const groupEdit = fc.tuple(
  fc.constantFrom('change', 'insert', 'remove', 'move'),
  fc.nat(),
  fc.array(parquetRow, { minLength: 1, maxLength: 3 }),
);

const editGroups = (groups: Groups, [what, place, rows]: readonly [string, number, Groups[number]]): Groups => {
  const at = place % groups.length;
  const here = groups.slice(at, at + 1);
  const others = [...groups.slice(0, at), ...groups.slice(at + 1)];
  if (what === 'change') return groups.map((group, index) => (index === at ? [...group.slice(1), ...rows] : group));
  if (what === 'insert') return [...groups.slice(0, at), rows, ...groups.slice(at)];
  if (what === 'move') return [...here, ...others];
  return others.length === 0 ? groups : others;
};

const parquetOf = (groups: Groups): Buffer => writeParquet({ header: ['id', 'first', 'label'], groups });

interface Versions {
  readonly kind: TableFormat;
  readonly files: fc.Arbitrary<readonly [Bytes, Bytes]>;
  readonly runs: number;
  /** Pairs that must at least have been divided, and at least been refused, for the property to say something. */
  readonly fewest: { readonly divided: number; readonly refused: number };
}

const editedRows = (kind: TextFormat): Versions => ({
  kind,
  files: fc
    .tuple(rows, edits, styles, fc.boolean())
    .map(([table, changes, style, lastEnd]) => [
      writers[kind](table, style),
      writers[kind](changes.reduce<readonly Row[]>(applyEdit, table), { ...style, lastEnd }),
    ]),
  runs: 300,
  fewest: { divided: 200, refused: 0 },
});

const splicedCsv: Versions = {
  kind: 'csv',
  files: fc
    .tuple(rows, styles, fc.array(splice, { minLength: 1, maxLength: 3 }))
    .map(([table, style, splices]) => [toCsv(table, style), splices.reduce(spliceInto, toCsv(table, style))]),
  runs: 400,
  fewest: { divided: 0, refused: 20 },
};

const editedGroups: Versions = {
  kind: 'parquet',
  files: fc
    .tuple(parquetGroups, fc.array(groupEdit, { maxLength: 2 }))
    .map(([groups, changes]) => [parquetOf(groups), parquetOf(changes.reduce<Groups>(editGroups, groups))]),
  runs: 150,
  fewest: { divided: 60, refused: 0 },
};

test.each<readonly [what: string, versions: Versions]>([
  ['CSV with edited rows', editedRows('csv')],
  ['JSON lines with edited rows', editedRows('jsonl')],
  ['CSV with bytes put in or cut out anywhere, quotes and all', splicedCsv],
  ['Parquet with edited row groups', editedGroups],
])('what is said by what differs in two versions is what is said by all their rows: %s', async (_what, versions) => {
  const { kind, files, runs, fewest } = versions;
  let [divided, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(files, keys, async (pair, key) => {
      const found = await bothWays(kind, pair, { key });
      expect(found.divided).toEqual(found.whole);
      if (found.isDivided) divided += 1;
      if (typeof found.whole === 'string') refused += 1;
    }),
    { numRuns: runs },
  );
  expect(divided).toBeGreaterThanOrEqual(fewest.divided);
  expect(refused).toBeGreaterThanOrEqual(fewest.refused);
});

/** Rows of which each holds a line break within quotes. */
const quotedLines = (change: (cells: readonly string[], at: number) => readonly string[]): string =>
  Array.from({ length: 3_000 }, (_, at) =>
    change([String(at), `"one\ntwo ""${at % 7}"""`, String(at % 5)], at).join(','),
  )
    .join('\n')
    .replace(/^/, 'id,text,number\n');

test('what is known of one version of CSV holds in all others', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.array(splice, { minLength: 2, maxLength: 3 }),
      styles,
      keys,
      async (table, splices, style, key) => {
        const runsFile = join(freshFolder(), 'runs');
        const versions = [toCsv(table, style)];
        for (const one of splices) versions.push(spliceInto(versions.at(-1) ?? '', one));
        for (const [at, from] of versions.entries()) {
          const to = versions[(at + 1) % versions.length] ?? '';
          const found = await bothWays('csv', [from, to], { key, runsFile });
          expect(found.divided).toEqual(found.whole);
        }
      },
    ),
    { numRuns: 80 },
  );
});

test('only the row that differs is compared, though every row holds a line break within quotes', async () => {
  const whole = quotedLines((cells) => cells);
  const edited = quotedLines(([id = '', text = '', number = ''], at) => [id, text, at === 1_234 ? '8' : number]);
  const found = await bothWays('csv', [whole, edited]);
  expect(found.divided).toEqual(found.whole);
  expect(found.divided).toMatchObject({
    rows: { from: 3_000, to: 3_000, changed: 1, unchanged: 2_999 },
    changed: [{ key: ['1234'], fromRow: 1_235, toRow: 1_235, cells: [{ column: 'number', from: '4', to: '8' }] }],
  });
  expect(found.notes).toEqual([
    '1 of 3,000 rows of t.csv were compared, since all others are in parts that are equal. The spread of its columns was not: no more than 0.034 % of the rows can have shifted it.',
  ]);
});

test.each<TextFormat>(['csv', 'jsonl'])(
  'of equal rows in %s that are known nothing is read, but near what differs; of texts as keys all',
  async (kind) => {
    const table = Array.from({ length: 4_000 }, (_, at): Row => [String(at), `key ${at}`, String(at % 3)]);
    const edited = table.map(([id = '', first = '', label = ''], at): Row => [id, first, at === 900 ? 'new' : label]);
    const style = { quoted: 'needed', lineEnd: '\n', lastEnd: true, mark: false } as const;
    const files = [writers[kind](table, style), writers[kind](edited, style)] as const;
    const byNumber = await bothWays(kind, files, { key: ['id'], pieceBytes: 600 });
    expect(byNumber.divided).toEqual(byNumber.whole);
    expect(byNumber.divided).toMatchObject({
      labels: { flipped: 1, classes: [{}, {}, {}, { name: 'new', from: 0, to: 1 }] },
    });
    const [cold, warm] = byNumber.read;
    expect(cold).toBeGreaterThan(files[0].length);
    expect(warm).toBeLessThan(files[0].length / 4);
    const byText = await bothWays(kind, files, { key: ['first'], pieceBytes: 600 });
    expect(byText.divided).toEqual(byText.whole);
    expect(byText.read[1]).toBeGreaterThan(files[0].length * 0.9);
  },
);

test('a column is of another type only if no row anywhere says otherwise', async () => {
  const typed = (late: string) => (early: string) =>
    quotedLines(([id = '', text = '', number = ''], at) => [id, text, at === 7 ? early : at === 2_500 ? late : number]);
  const [numbers, mixed] = [typed('1'), typed('late')];
  const found = await bothWays('csv', [numbers('1'), numbers('x')]);
  expect(found.isDivided).toBe(true);
  expect(found.divided).toMatchObject({ schema: { retyped: [{ column: 'number', from: 'integer', to: 'text' }] } });
  const unsure = await bothWays('csv', [mixed('1'), mixed('x')]);
  expect(unsure.isDivided).toBe(true);
  expect(unsure.divided).toMatchObject({ schema: { retyped: [] } });
});

test('of Parquet nothing is unpacked that cannot hold a row named like one that differs', async () => {
  const groupOf = (first: number) => Array.from({ length: 50 }, (_, at) => [first + at, `text ${first + at}`, at % 3]);
  const groups = Array.from({ length: 12 }, (_, at) => groupOf(50 * at));
  const edited = groups.map((group, at) =>
    at === 5 ? group.map((row, index) => (index === 7 ? [row[0] ?? 0, 'other', 1] : row)) : group,
  );
  const [from, to] = [groups, edited].map((some) =>
    sideFrom('parquet', writeParquet({ header: ['id', 'text', 'n'], groups: some })),
  );
  if (from === undefined || to === undefined) throw new Error('two files were written');
  let read = 0;
  const counted = (side: typeof from): typeof from => ({
    ...side,
    contents: {
      ...side.contents,
      open: () => {
        const opened = side.contents.open();
        const count = (start: number, end: number) => {
          read += end - start;
          return opened.read(start, end);
        };
        return { ...opened, read: count };
      },
    },
  });
  const runs = openRuns(join(freshFolder(), 'runs'));
  const order = { header: ['id', 'text', 'n'], runs, shown: 't', seen: () => undefined };
  const division = await divideTables({ ...order, from: counted(from), to: counted(to) }, ALWAYS);
  if ('undivided' in division) throw new Error('they are divided');
  const footers = read;
  const changed = await findChangedRows(division, order.header, [0], new AbortController().signal);
  expect(changed?.others).toBe(550);
  // The group that differs, on both sides.
  expect(read - footers).toBeLessThan((2 * from.file.size) / 12 + 1_000);
});

test('what is known of runs is kept, also behind a line that a crash left unfinished', () => {
  const file = join(freshFolder(), 'runs.jsonl');
  const counts = { 2: { type: 'text' as const, rows: 3, missing: 1, categories: new Map([['ä\n"', 3]]) } };
  const facts = { begin: 7, over: 0, rows: 4, spans: { 0: null, 1: { least: -1, most: 2.5 } }, counts };
  const [one, other] = [sha256Of('one'), sha256Of('other')];
  const first = openRuns(file);
  first.put(one, { ...facts, rows: 3 });
  first.save();
  first.put(one, facts);
  first.save();
  appendFileSync(file, '{"name":"torn');
  const second = openRuns(file);
  expect(second.get(one)).toEqual(facts);
  second.put(other, facts);
  second.save();
  const third = openRuns(file);
  expect([third.get(one), third.get(other)]).toEqual([facts, facts]);
});
