import { isUtf8 } from 'node:buffer';
import { dataUnreadable } from '../../faults.ts';
import { readCsvPart } from '../csv.ts';
import type { Cell } from '../cells.ts';
import type { TableFile } from '../table-reader.ts';
import { scanEdges } from './record-edges.ts';
import { HASH_FACTOR, HASH_SEED, type Names } from './row-names.ts';

/** A record longer than this is a quote that nobody closed. */
const LONGEST_RECORD = 32 << 20;

/** Whole records of CSV from pieces that begin at one and end behind one. @throws Fault `dataset-unreadable` */
export const wholeRecords = function* (pieces: Iterable<Buffer>, shown: string): Generator<Buffer, void> {
  const scan = scanEdges('csv', false);
  let rest: Buffer[] = [];
  let taken = 0;
  let passed = 0;
  for (const piece of pieces) {
    scan.push(piece);
    const edge = scan.last() ?? 0;
    const cut = Math.max(0, edge - passed);
    passed += piece.length;
    if (edge > taken) {
      yield Buffer.concat([...rest, piece.subarray(0, cut)]);
      taken = edge;
      rest = [];
    }
    rest.push(piece.subarray(cut));
    if (passed - taken > LONGEST_RECORD) throw dataUnreadable(shown, 'it is not CSV: a quote is not closed');
  }
  if (passed > taken) yield Buffer.concat(rest);
};

interface Search {
  readonly names: Names;
  readonly header: readonly string[];
  readonly file: TableFile;
  readonly see: (cells: readonly Cell[], at: number) => void;
}

/**
 * Looks through whole records for those with one of the names. Lines without quotes are not cut into cells: their names
 * are hashed as they lie in memory, and only lines that pass are looked at.
 * @param first place of the first record
 * @returns how many records there are
 * @throws Fault `dataset-unreadable`
 */
export const findRecords = (bytes: Buffer, first: number, search: Search): number => {
  const isPlain = bytes.indexOf('"') === -1 && isUtf8(bytes);
  const rows = isPlain ? findInLines(bytes, first, search) : null;
  return rows ?? findInRecords(bytes, first, search);
};

const findInRecords = (bytes: Buffer, first: number, { names, header, file, see }: Search): number => {
  let at = first;
  for (const records of readCsvPart([bytes], header, { file, first: first + 1 })) {
    for (const cells of records) {
      if (names.has(cells)) see(cells, at);
      at += 1;
    }
  }
  return at - first;
};

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const COMMA = 0x2c;
const LAST_ASCII = 0x7f;

/** @returns null at a line with more or fewer cells than there are columns, for the reader to say so */
const findInLines = (whole: Buffer, first: number, { names, header, see }: Search): number | null => {
  const bytes = whole.at(-1) === LINE_FEED ? whole : Buffer.concat([whole, Buffer.from('\n')]);
  const readLine = createLineReader(Uint8Array.from(header, (_name, at) => (names.columns.includes(at) ? 1 : 0)));
  let rows = 0;
  for (let start = 0; start < bytes.length;) {
    const line = readLine(bytes, start);
    if (line.end > start) {
      if (line.cells !== header.length) return null;
      if (!line.isAscii || names.mayHave(line.hash)) {
        const cells = bytes.toString('utf8', start, line.end).split(',');
        if (names.has(cells)) see(cells, first + rows);
      }
      rows += 1;
    }
    start = line.next;
  }
  return rows;
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
