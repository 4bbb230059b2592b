import type { OpenContent } from '../../versions/tree/contents.ts';
import type { ByteRange } from '../../versions/tree/differing-ranges.ts';
import { readCsvPart } from '../csv.ts';
import { readJsonPart } from '../json-lines.ts';
import type { TableFile } from '../table-reader.ts';
import { encodingOf } from '../text-pieces.ts';
import { findRecords, wholeRecords } from './csv-lines.ts';
import { divideText, lengthOf, readRange, type TextPart } from './divide-text.ts';
import type { CommonPart, DividedTables, OpenTables, Rows, TablePart } from './divided-table.ts';
import { scanEdges, type RecordEnds } from './record-edges.ts';

/** Two tables of CSV as parts. @returns null where their heads differ, or more than is allowed, or they are not UTF-8 */
export const divideCsv = (tables: OpenTables): DividedTables | null =>
  divideLines(tables, { ends: 'csv', headBytes: headOfCsv(tables.from), readPart: readCsvPart, find: findInCsv });

/** As `divideCsv`. */
export const divideJsonLines = (tables: OpenTables): DividedTables | null =>
  divideLines(tables, { ends: 'lines', headBytes: headOfText(tables.from), readPart: readJsonPart, find: findInJson });

type FindRows = CommonPart['find'];

interface TextFormat {
  readonly ends: RecordEnds;
  /** Bytes of the older file before its first row; null where it cannot be divided. */
  readonly headBytes: number | null;
  readonly readPart: (
    pieces: Iterable<Uint8Array>,
    header: readonly string[],
    place: { readonly file: TableFile; readonly first: number },
  ) => Iterable<Rows>;
  readonly find: (order: PartOrder) => FindRows;
}

/** A part of a file that both have. */
interface PartOrder {
  readonly part: TablePart;
  readonly pieces: () => Iterable<Buffer>;
  readonly header: readonly string[];
  readonly file: TableFile;
}

const divideLines = (tables: OpenTables, { ends, headBytes, readPart, find }: TextFormat): DividedTables | null => {
  const { from, to, files, header, ranges, mostBytes, seen } = tables;
  if (headBytes === null || !startAlike(from, to, headBytes)) return null;
  const parts = divideText({ from, to, ranges, ends, headBytes });
  const differingBytes = parts.reduce((sum, part) => sum + bytesIn(part), 0);
  if (differingBytes > mostBytes) return null;
  const partOf = (file: TableFile, pieces: () => Iterable<Buffer>): TablePart => ({
    rows: () => readPart(pieces(), header, { file, first: 1 }),
  });
  const commonPart = (range: ByteRange): CommonPart => {
    const pieces = () => tell(readRange(from, range), seen);
    const part = partOf(files.from, pieces);
    return { ...part, find: find({ part, pieces, header, file: files.from }) };
  };
  const divided = parts.map((part) => {
    if ('common' in part) return { common: commonPart(part.common) };
    const { from: old, to: now } = part.differing;
    return {
      differing: {
        from: partOf(files.from, () => readRange(from, old)),
        to: partOf(files.to, () => readRange(to, now)),
      },
    };
  });
  return { parts: divided, differingBytes };
};

const bytesIn = (part: TextPart): number =>
  'common' in part ? 0 : Math.max(lengthOf(part.differing.from), lengthOf(part.differing.to));

const tell = function* (pieces: Iterable<Buffer>, seen: (bytes: number) => void): Generator<Buffer, void> {
  for (const piece of pieces) {
    yield piece;
    seen(piece.length);
  }
};

const startAlike = (from: OpenContent, to: OpenContent, bytes: number): boolean =>
  to.bytes >= bytes && Buffer.from(from.read(0, bytes)).equals(Buffer.from(to.read(0, bytes)));

const findInCsv = ({ pieces, header, file }: PartOrder): FindRows =>
  function* (names, see) {
    let first = 0;
    for (const records of wholeRecords(pieces(), file.shown)) {
      const rows = findRecords(records, first, { names, header, file, see });
      first += rows;
      yield rows;
    }
  };

const findInJson = ({ part }: PartOrder): FindRows => findInRows(part);

/** Looks at every row. */
export const findInRows = ({ rows }: TablePart): FindRows =>
  async function* (names, see) {
    let first = 0;
    for await (const some of rows()) {
      for (const [at, cells] of some.entries()) if (names.has(cells)) see(cells, first + at);
      first += some.length;
      yield some.length;
    }
  };

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
