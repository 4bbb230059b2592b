import { join } from 'node:path';
import { expect, test } from 'vitest';
import { divideTables, type DivisionLimits } from '../../../../sidecar/datasets/difference/divide-tables.ts';
import { openRuns } from '../../../../sidecar/datasets/difference/known-runs.ts';
import type { TableOrder } from '../../../../sidecar/datasets/difference/table-difference.ts';
import { Fault } from '../../../../sidecar/faults.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { writeParquet } from './parquet-file.ts';
import { difference, sideFrom, tableFrom, type TableFormat } from './tables.ts';

type TestFile = readonly [kind: TableFormat, bytes: string | Uint8Array];

interface Asked extends Partial<DivisionLimits> {
  readonly key?: readonly string[];
  readonly pieceBytes?: number;
}

/** A comparison of two files that are divided where they can be, and what its log says. */
const compare = async (
  [from, to]: readonly [TestFile, TestFile],
  { key = [], pieceBytes = 30, ...limits }: Asked = {},
) => {
  const lines: string[] = [];
  const divide: TableOrder['divide'] = async (header) =>
    divideTables(
      {
        from: sideFrom(...from, pieceBytes),
        to: sideFrom(...to, pieceBytes),
        header,
        runs: openRuns(join(freshFolder(), 'runs')),
        shown: 't',
        seen: () => undefined,
      },
      { fewestBytes: 0, mostShare: 1, mostBytes: 1e9, ...limits },
    );
  const found = await difference(tableFrom(...from), tableFrom(...to), {
    key,
    divide,
    log: (text) => void lines.push(text),
  }).catch((error: unknown) => {
    if (error instanceof Fault) return null;
    throw error;
  });
  return { lines, found };
};

const csvOf = (rows: number, row: (at: number) => string): TestFile => [
  'csv',
  ['id,v', ...Array.from({ length: rows }, (_, at) => row(at)), ''].join('\n'),
];
const plainRow = (at: number): string => `${at},${at}`;
const plain = csvOf(200, plainRow);
const everyTenth = csvOf(200, (at) => (at % 10 === 0 ? `${at},1000` : plainRow(at)));
const replaced = ([kind, bytes]: TestFile, old: string, now: string): TestFile => [
  kind,
  String(bytes).replace(old, now),
];
const inUtf16 = ([kind, bytes]: TestFile): TestFile => [kind, Buffer.from(`\uFEFF${String(bytes)}`, 'utf16le')];
const longRow = (at: number): string => `${at},${'of many letters '.repeat(6)}`;
const longRows = csvOf(50, longRow);
/** Six of a hundred rows hold the value, which are few of its bytes. */
const shortAndLong = (value: string): TestFile =>
  csvOf(100, (at) => (at % 2 === 0 ? `${at},${at < 12 ? value : '0'}` : longRow(at)));
const sameNames = csvOf(50_100, (at) => `1,${at % 10}`);
const manyRows = csvOf(10_500, plainRow);
const parquetOf = (value: number | string): TestFile => [
  'parquet',
  writeParquet({ header: ['id', 'v'], groups: [1, 2, 3].map((group) => [[group, value]]) }),
];

const reasons: readonly (readonly [why: string, files: readonly [TestFile, TestFile], asked: Asked])[] = [
  ['its columns are others', [plain, replaced(plain, 'v', 'w')], {}],
  ['a file of 0.0 MB is small', [plain, everyTenth], { fewestBytes: 10_000 }],
  ['it was a file of another kind', [['jsonl', '{"id":1,"v":2}\n'], plain], {}],
  ['its chunks differ in 0.0 MB', [plain, everyTenth], { mostBytes: 20 }],
  ['it is not in UTF-8, or its first line is too long', [inUtf16(plain), inUtf16(everyTenth)], {}],
  ['the bytes before its first row differ', [plain, replaced(plain, 'id', '"id"')], {}],
  [
    'its rows differ in 0.0 MB',
    [longRows, replaced(longRows, '\n7,of many', '\n7,of more')],
    { mostBytes: 40, pieceBytes: 10 },
  ],
  ['its schema is another', [parquetOf(1), parquetOf('one')], {}],
  ['3 of its rows are in groups that differ', [parquetOf(1), parquetOf(2)], {}],
  [
    'too many are named like those that may differ',
    [sameNames, replaced(sameNames, '1,3', '1,7')],
    { key: ['id'], pieceBytes: 3_000 },
  ],
  ['more than 5 % of them differ', [shortAndLong('0'), shortAndLong('1')], { mostShare: 0.05, pieceBytes: 3 }],
  [
    'they could not be divided: t cannot be read: it is not CSV: row 1 has 3 cells for 2 columns.',
    [manyRows, replaced(manyRows, '\n10200,', '\n10200,7,')],
    { pieceBytes: 3_000 },
  ],
];

test.each(reasons)('where all rows of a table are read the log says so: %s', async (why, files, asked) => {
  expect((await compare(files, asked)).lines).toEqual([`t.csv: all rows are read, since ${why}`]);
});

test('more rows that differ than the limit are read as a whole, where the spread of columns is told', async () => {
  const { found } = await compare([plain, everyTenth], { mostShare: 0.05, pieceBytes: 3 });
  expect(found?.rows.changed).toBe(20);
  expect(found?.shifts.map(({ column }) => column)).toEqual(['v']);
});

test('of tables that are divided nothing is said', async () => {
  expect((await compare([plain, everyTenth])).lines).toEqual([]);
});
