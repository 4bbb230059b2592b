import type { OpenContent } from '../../versions/tree/contents.ts';
import type { ByteRange } from '../../versions/tree/differing-ranges.ts';
import { readCsvPart } from '../csv.ts';
import { readJsonPart } from '../json-lines.ts';
import type { TableFile } from '../table-reader.ts';
import { encodingOf } from '../text-pieces.ts';
import { countColumn, type ColumnCounts } from './column-profile.ts';
import { findInRows, findRecords } from './csv-lines.ts';
import { divideText, lengthOf, readRange, type TextPart } from './divide-text.ts';
import type { CommonPart, DividedTables, OpenTables, Rows, TablePart, Undivided } from './divided-table.ts';
import { scanEdges, type RecordEnds } from './record-edges.ts';
import { runsOf, walkRuns, type Step } from './text-runs.ts';

/** Two tables of CSV as parts. @returns why not, where their heads differ, or more than is allowed, or they are not UTF-8 */
export const divideCsv = (tables: OpenTables): DividedTables | Undivided =>
  divideLines(tables, { ends: 'csv', headBytes: headOfCsv(tables.from), readPart: readCsvPart, search: findRecords });

/** As `divideCsv`. */
export const divideJsonLines = (tables: OpenTables): DividedTables | Undivided =>
  divideLines(tables, {
    ends: 'lines',
    headBytes: headOfText(tables.from),
    readPart: readJsonPart,
    search: (bytes, first, { names, header, file, see }) =>
      findInRows(readJsonPart([bytes], header, { file, first: first + 1 }), first, { names, see }),
  });

interface TextFormat {
  readonly ends: RecordEnds;
  /** Bytes of the older file before its first row; null where it cannot be divided. */
  readonly headBytes: number | null;
  readonly readPart: (
    pieces: Iterable<Uint8Array>,
    header: readonly string[],
    place: { readonly file: TableFile; readonly first: number },
  ) => Iterable<Rows>;
  /** Looks through the rows of some whole records. */
  readonly search: typeof findRecords;
}

/** Raised when facts of equal runs would be others than before. */
const FACTS_FORMAT = 1;

const divideLines = (tables: OpenTables, format: TextFormat): DividedTables | Undivided => {
  const { from, to, files, header, ranges, mostBytes, pieces, runs } = tables;
  const { ends, headBytes, readPart } = format;
  if (headBytes === null) return { undivided: 'it is not in UTF-8, or its first line is too long' };
  if (!startAlike(from, to, headBytes)) return { undivided: 'the bytes before its first row differ' };
  const walk = { file: from, runs: runsOf(pieces, JSON.stringify([FACTS_FORMAT, ends, header])), known: runs, ends };
  const parts = divideText({ from, to, ranges, ends, headBytes, walk });
  const differingBytes = parts.reduce((sum, part) => sum + bytesIn(part), 0);
  if (differingBytes > mostBytes) return { undivided: `its rows differ in ${(differingBytes / 1e6).toFixed(1)} MB` };
  const partOf = (file: TableFile, opened: OpenContent, range: ByteRange): TablePart => ({
    rows: () => readPart(readRange(opened, range), header, { file, first: 1 }),
  });
  const divided = parts.map((part) => {
    if ('differing' in part) {
      const { from: old, to: now } = part.differing;
      return { differing: { from: partOf(files.from, from, old), to: partOf(files.to, to, now) } };
    }
    const steps = () => walkRuns(walk, part.common);
    return { common: { ...partOf(files.from, from, part.common), ...lookThrough(steps, tables, format) } };
  });
  return { parts: divided, differingBytes };
};

/** How rows of a part are found and counted that both have: what is known of a run is not read. */
const lookThrough = (
  steps: () => Iterable<Step>,
  { header, files, seen }: OpenTables,
  { readPart, search }: TextFormat,
): Pick<CommonPart, 'find' | 'count'> => ({
  find: function* (names, see) {
    const [column = 0] = names.columns;
    let first = 0;
    for (const { facts, bytes, keep } of steps()) {
      const known = facts?.spans[column];
      let rows = facts?.rows ?? 0;
      if (known === undefined || names.mayBeWithin(column, known)) {
        const read = bytes();
        const found = search(read, first, { names, header, file: files.from, see });
        keep({ rows: found.rows, spans: { [column]: found.span } });
        seen(read.length);
        ({ rows } = found);
      }
      first += rows;
      yield rows;
    }
  },
  count: function* (columns) {
    for (const { facts, bytes, keep } of steps()) {
      const known = columns.flatMap((column) => facts?.counts[column] ?? []);
      if (known.length === columns.length) {
        yield known;
        continue;
      }
      const read = bytes();
      const { rows, counts } = countRows(readPart([read], header, { file: files.from, first: 1 }), columns);
      keep({ rows, counts: Object.fromEntries(columns.map((column, at) => [column, counts[at] as ColumnCounts])) });
      seen(read.length);
      yield counts;
    }
  },
});

const countRows = (read: Iterable<Rows>, columns: readonly number[]) => {
  const counters = columns.map(countColumn);
  let count = 0;
  for (const rows of read) {
    for (const cells of rows) columns.forEach((column, at) => counters[at]?.see(cells[column] ?? null));
    count += rows.length;
  }
  return { rows: count, counts: counters.map(({ finish }) => finish()) };
};

const bytesIn = (part: TextPart): number =>
  'common' in part ? 0 : Math.max(lengthOf(part.differing.from), lengthOf(part.differing.to));

const startAlike = (from: OpenContent, to: OpenContent, bytes: number): boolean =>
  to.bytes >= bytes && Buffer.from(from.read(0, bytes)).equals(Buffer.from(to.read(0, bytes)));

/** A longer head is read with the rest. */
const MOST_HEAD_BYTES = 1 << 20;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Bytes of a byte order mark; null where it says that this is not UTF-8. */
const headOfText = (file: OpenContent): number | null => {
  const head = Buffer.from(file.read(0, BYTE_ORDER_MARK.length));
  if (encodingOf(head) !== 'utf-8') return null;
  return head.equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
};

/** Bytes up to behind the line of the names; empty lines before it are no records. */
const headOfCsv = (file: OpenContent): number | null => {
  const mark = headOfText(file);
  if (mark === null) return null;
  const head = Buffer.from(file.read(0, Math.min(file.bytes, MOST_HEAD_BYTES)));
  for (let at = mark; ;) {
    const scan = scanEdges('csv', false);
    scan.push(head.subarray(at));
    const edge = scan.first();
    if (edge === null) return null;
    const line = head.subarray(at, at + edge - 1);
    at += edge;
    if (line.length > 1 || (line.length === 1 && line[0] !== 0x0d)) return at;
  }
};
