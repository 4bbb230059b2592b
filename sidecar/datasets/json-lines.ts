import { dataUnreadable } from '../faults.ts';
import type { Cell } from './cells.ts';
import { checkHeader, type TableFile, type TableReader } from './table-reader.ts';
import { decodeMiddle, decodePieces } from './text-pieces.ts';

const ROWS_AT_ONCE = 2048;
/** Rows at the beginning that are asked for their columns, since a row may leave some out. */
const HEADER_ROWS = 1000;
/** Longer lines are refused: a file that is one large value is no table. */
const LONGEST_LINE = 16 << 20;

/**
 * JSON lines: one object a line, all with columns that the first rows have; one that is left out is missing. Integers that
 * a number could not hold are text.
 */
export const readJsonLines: TableReader = function* (file, contents, signal) {
  const table: { header?: readonly string[] } = {};
  let waiting: Record<string, unknown>[] = [];
  let first = 1;
  const take = () => {
    table.header ??= checkHeader([...new Set(waiting.flatMap((record) => Object.keys(record)))], file.shown);
    const columns = table.header;
    const rows = waiting.map((record, at) => cellsOf(record, columns, { shown: file.shown, row: first + at }));
    const taken = { header: columns, first, rows };
    first += rows.length;
    waiting = [];
    return taken;
  };
  for (const line of linesOf(decodePieces(contents.pieces(file), file.shown), file)) {
    signal.throwIfAborted();
    if (line.text.trim() === '') continue;
    waiting.push(parseLine(line, file));
    if (waiting.length === (table.header === undefined ? HEADER_ROWS : ROWS_AT_ONCE)) yield take();
  }
  if (waiting.length > 0) yield take();
};

/**
 * Rows of a part of a file that begins where a line begins and ends where one ends.
 * @param first number of its first row, for messages
 * @throws Fault `dataset-unreadable`
 */
export const readJsonPart = function* (
  pieces: Iterable<Uint8Array>,
  header: readonly string[],
  { file, first }: { readonly file: TableFile; readonly first: number },
): Generator<Cell[][], void> {
  let rows: Cell[][] = [];
  let row = first;
  for (const line of linesOf(decodeMiddle(pieces, file.shown), file)) {
    if (line.text.trim() === '') continue;
    rows.push(cellsOf(parseLine(line, file), header, { shown: file.shown, row }));
    row += 1;
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
};

interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

const linesOf = function* (texts: Iterable<string>, file: TableFile): Generator<Line, void> {
  let rest = '';
  let number = 0;
  for (const piece of texts) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { text, number: (number += 1) };
    if (rest.length > LONGEST_LINE) throw dataUnreadable(file.shown, `its line ${number + 1} is too long for a row`);
  }
  yield { text: rest, number: number + 1 };
};

/** Digits of an integer that a number may not hold exactly: 2⁵³ has sixteen. */
const manyDigits = /\d{16}/;

/** As text two large integers that differ in the last digit, such as keys, are two. */
const keepDigits = (_name: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? context?.source
    : value;

const parseLine = ({ text, number }: Line, { shown }: TableFile): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text, manyDigits.test(text) ? keepDigits : undefined);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw dataUnreadable(shown, `its line ${number} is not JSON: ${why}`);
  }
  throw dataUnreadable(shown, `its line ${number} is no object with columns`);
};

interface Place {
  readonly shown: string;
  readonly row: number;
}

const cellsOf = (record: Record<string, unknown>, header: readonly string[], { shown, row }: Place): Cell[] => {
  const stranger = Object.keys(record).find((name) => !header.includes(name.trim()));
  if (stranger !== undefined) {
    throw dataUnreadable(shown, `row ${row} has a column “${stranger}” that none of the first ${HEADER_ROWS} rows has`);
  }
  return header.map((name) => {
    const value = Object.hasOwn(record, name) ? record[name] : null;
    if (value === null || typeof value !== 'object') return (value ?? null) as Cell;
    throw dataUnreadable(shown, `row ${row} has ${Array.isArray(value) ? 'a list' : 'an object'} as “${name}”`);
  });
};
