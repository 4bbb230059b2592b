import { isUtf8 } from 'node:buffer';
import { readCsvPart } from '../csv.ts';
import type { Cell } from '../cells.ts';
import type { TableFile } from '../table-reader.ts';
import type { Rows } from './divided-table.ts';
import {
  HASH_FACTOR,
  HASH_SEED,
  MOST_DIGITS,
  NO_SPAN,
  numberIn,
  widenSpan,
  type Names,
  type Span,
} from './row-names.ts';

interface Search {
  readonly names: Names;
  readonly header: readonly string[];
  readonly file: TableFile;
  readonly see: (cells: readonly Cell[], at: number) => void;
}

/** Some records that were looked through: how many, and between which numbers they lie in the first column of their names. */
export interface SearchedRows {
  readonly rows: number;
  readonly span: Span | null;
}

/**
 * Looks through whole records for those with one of the names. Lines without quotes are not cut into cells: their names
 * are hashed as they lie in memory, and only lines that pass are looked at.
 * @param first place of the first record
 * @throws Fault `dataset-unreadable`
 */
export const findRecords = (bytes: Buffer, first: number, search: Search): SearchedRows => {
  const isPlain = bytes.indexOf('"') === -1 && isUtf8(bytes);
  const found = isPlain ? findInLines(bytes, first, search) : null;
  return (
    found ?? findInRows(readCsvPart([bytes], search.header, { file: search.file, first: first + 1 }), first, search)
  );
};

/** Looks at every row. */
export const findInRows = (
  read: Iterable<Rows>,
  first: number,
  { names, see }: Pick<Search, 'names' | 'see'>,
): SearchedRows => {
  const [column = 0] = names.columns;
  let at = first;
  let span: Span | null = NO_SPAN;
  for (const rows of read) {
    for (const cells of rows) {
      if (names.has(cells)) see(cells, at);
      span = widenSpan(span, numberIn(cells[column]));
      at += 1;
    }
  }
  return { rows: at - first, span };
};

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const COMMA = 0x2c;
const LAST_ASCII = 0x7f;

/** @returns null at a line with more or fewer cells than there are columns, for the reader to say so */
const findInLines = (whole: Buffer, first: number, { names, header, see }: Search): SearchedRows | null => {
  const bytes = whole.at(-1) === LINE_FEED ? whole : Buffer.concat([whole, Buffer.from('\n')]);
  const readLine = createLineReader(Uint8Array.from(header, (_name, at) => (names.columns.includes(at) ? 1 : 0)));
  const [column = 0] = names.columns;
  let rows = 0;
  let span: Span | null = NO_SPAN;
  for (let start = 0; start < bytes.length;) {
    const line = readLine(bytes, start);
    if (line.end > start) {
      if (line.cells !== header.length) return null;
      if (!line.isAscii || names.mayHave(line.hash)) {
        const cells = bytes.toString('utf8', start, line.end).split(',');
        if (names.has(cells)) see(cells, first + rows);
      }
      if (span !== null) span = widenSpan(span, numberAt(bytes, start, column));
      rows += 1;
    }
    start = line.next;
  }
  return { rows, span };
};

const ZERO = 0x30;

/** What `numberIn` says of a cell of a line. */
const numberAt = (bytes: Buffer, start: number, column: number): number | null => {
  let at = start;
  for (let left = column; left > 0; at++) if (bytes[at] === COMMA) left -= 1;
  const first = at;
  let value = 0;
  let digit = (bytes[at] ?? COMMA) - ZERO;
  for (; digit >= 0 && digit <= 9; digit = (bytes[++at] ?? COMMA) - ZERO) value = value * 10 + digit;
  const isCell = [COMMA, RETURN, LINE_FEED].includes(digit + ZERO);
  return isCell && at > first && at - first <= MOST_DIGITS ? value : null;
};

/**
 * Reads lines as they lie in memory. A hash is of characters: a line whose named columns are not ASCII has none.
 * @param named 1 for each column whose text is hashed
 * @returns a reader of the line at a place; what it gives is valid until the next line
 */
const createLineReader = (named: Uint8Array) => {
  const line = { end: 0, next: 0, cells: 0, hash: 0, isAscii: true };
  return (bytes: Buffer, start: number): Readonly<typeof line> => {
    let column = 0;
    let isNamed = named[0] === 1;
    let hash = HASH_SEED;
    let before = hash;
    let highest = 0;
    let at = start;
    for (let byte = bytes[at] ?? LINE_FEED; byte !== LINE_FEED; byte = bytes[++at] ?? LINE_FEED) {
      if (byte === COMMA) {
        column += 1;
        isNamed = named[column] === 1;
      } else if (isNamed) {
        before = hash;
        hash = Math.imul(hash ^ byte, HASH_FACTOR);
        highest |= byte;
      }
    }
    const hasReturn = at > start && bytes[at - 1] === RETURN;
    line.end = hasReturn ? at - 1 : at;
    line.next = at + 1;
    line.cells = column + 1;
    line.hash = hasReturn && isNamed ? before : hash;
    line.isAscii = highest <= LAST_ASCII;
    return line;
  };
};
