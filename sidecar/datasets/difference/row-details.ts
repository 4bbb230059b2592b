import type { CellValue, ComparedRow } from '../../contract/data-difference.ts';
import type { Cell } from '../cells.ts';
import type { TableRows } from '../table-reader.ts';
import type { MatchedRows } from './match-rows.ts';
import { cellText, nameCells, partOfName } from './row-names.ts';
import type { RowSet } from './row-set.ts';
import { openSpill } from './spill.ts';

/** A table that can be read again and again, always the same rows in the same order. */
export interface ComparedTable {
  readonly read: (signal: AbortSignal) => AsyncIterable<TableRows>;
  /** Bytes of its file. */
  readonly size: number;
}

/** A column that both tables have, and where it stands in each. */
export interface SharedColumn {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface DetailOrder {
  readonly from: ComparedTable;
  readonly to: ComparedTable;
  readonly matched: MatchedRows;
  readonly columns: readonly SharedColumn[];
  /** Key columns, as places among `columns`; none where rows are known by their number. */
  readonly key: readonly number[];
  /** Folder for temporary files. */
  readonly folder: string;
  /** Called for each changed row, with the cells of `columns`. */
  readonly seeChanged: (from: readonly Cell[], to: readonly Cell[], key: readonly CellValue[], row: number) => void;
}

export interface RowDetails {
  readonly changed: ComparedRow[];
  readonly added: ComparedRow[];
  readonly removed: ComparedRow[];
}

const MOST_ROWS = 200;
const LONGEST_TEXT = 200;
/** Bytes of rows that are in memory at a time, about. */
const PART_BYTES = 4 << 20;
const MOST_PARTS = 512;

/**
 * Reads both tables once more for the rows that differ: each changed row meets its partner, and some of all kinds are
 * kept as examples. Rows are divided by key over temporary files, one part of them in memory at a time.
 */
export const readDetails = async (order: DetailOrder, signal: AbortSignal): Promise<RowDetails> => {
  const { matched, folder, from, to } = order;
  const parts = partsFor(order);
  const old = openSpill({ folder, name: 'old', parts });
  const now = openSpill({ folder, name: 'now', parts });
  try {
    const removed = await spillSide(
      { ...order, table: from, side: 'from', alone: matched.removed, parts },
      old,
      signal,
    );
    const added = await spillSide({ ...order, table: to, side: 'to', alone: matched.added, parts }, now, signal);
    const changed = firstRows();
    for (let part = 0; part < parts; part++) {
      signal.throwIfAborted();
      for (const pair of pairsOf(old.read(part), now.read(part), order.key)) changed.see(compare(pair, order));
    }
    return { changed: changed.rows(), added, removed };
  } finally {
    old.close();
    now.close();
  }
};

const partsFor = ({ matched: { changed }, from, to }: DetailOrder): number => {
  if (changed.from.size() === 0) return 1;
  return Math.min(MOST_PARTS, Math.ceil(Math.max(from.size, to.size) / PART_BYTES) || 1);
};

interface SideOrder extends DetailOrder {
  readonly table: ComparedTable;
  readonly side: 'from' | 'to';
  readonly alone: RowSet;
  readonly parts: number;
}

/** Writes the changed rows of one side to their parts. @returns the first rows that have no partner */
const spillSide = async (
  { table, side, alone, parts, matched, columns, key }: SideOrder,
  spill: { add: (part: number, record: Uint8Array) => void },
  signal: AbortSignal,
): Promise<ComparedRow[]> => {
  const examples: ComparedRow[] = [];
  const changed = matched.changed[side];
  const wanted = changed.size() + Math.min(MOST_ROWS, alone.size());
  if (wanted === 0) return examples;
  let spilled = 0;
  for await (const { header, first, rows } of table.read(signal)) {
    rows.forEach((cells, at) => {
      const row = first + at;
      const shared = () => columns.map((column) => plain(cells[column[side]]));
      if (changed.has(row)) {
        const line = Buffer.from(`${JSON.stringify([row, ...shared()])}\n`);
        spill.add(partOf(shared(), row, key, parts), line);
        spilled += 1;
      } else if (examples.length < MOST_ROWS && alone.has(row)) {
        examples.push(exampleOf({ header, cells, row, side, key: keyValues(shared(), key) }));
      }
    });
    // What comes behind the last row that differs is not read again.
    if (spilled + examples.length === wanted) break;
  }
  return examples;
};

const partOf = (shared: readonly Cell[], row: number, key: readonly number[], parts: number): number =>
  key.length === 0 ? row % parts : partOfName(nameCells(shared, key), parts);

/** What JSON cannot write as a number is text. */
const plain = (cell: Cell | undefined): Cell =>
  typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : (cell ?? null);

const keyValues = (shared: readonly Cell[], key: readonly number[]): CellValue[] =>
  key.map((column) => shown(shared[column]));

const shown = (cell: Cell | undefined): CellValue => {
  const value = plain(cell);
  return typeof value === 'string' && value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
};

interface Alone {
  readonly header: readonly string[];
  readonly cells: readonly Cell[];
  readonly row: number;
  readonly side: 'from' | 'to';
  readonly key: CellValue[];
}

const exampleOf = ({ header, cells, row, side, key }: Alone): ComparedRow => ({
  key,
  fromRow: side === 'from' ? row : null,
  toRow: side === 'to' ? row : null,
  cells: header.map((column, at) => ({ column, [side]: shown(cells[at]) })),
});

interface SpilledRow {
  readonly row: number;
  readonly cells: readonly Cell[];
}

/** Rows of one part that belong together: the first of a key with the first, the second with the second. */
const pairsOf = function* (
  old: Buffer,
  now: Buffer,
  key: readonly number[],
): Generator<{ from: SpilledRow; to: SpilledRow }, void> {
  const nameOf = ({ row, cells }: SpilledRow): string => (key.length === 0 ? String(row) : nameCells(cells, key));
  const waiting = new Map<string, SpilledRow[]>();
  for (const spilled of linesOf(old)) {
    const name = nameOf(spilled);
    waiting.set(name, [...(waiting.get(name) ?? []), spilled]);
  }
  const taken = new Map<string, number>();
  for (const to of linesOf(now)) {
    const name = nameOf(to);
    const at = taken.get(name) ?? 0;
    taken.set(name, at + 1);
    const from = waiting.get(name)?.[at];
    if (from === undefined) throw new Error(`Row ${to.row} has lost its partner.`);
    yield { from, to };
  }
};

const linesOf = function* (bytes: Buffer): Generator<SpilledRow, void> {
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0x0a, at);
    const [row, ...cells] = JSON.parse(bytes.toString('utf8', at, end)) as [number, ...Cell[]];
    yield { row, cells };
    at = end + 1;
  }
};

const compare = ({ from, to }: { from: SpilledRow; to: SpilledRow }, order: DetailOrder): ComparedRow => {
  const key = keyValues(from.cells, order.key);
  order.seeChanged(from.cells, to.cells, key, from.row);
  const cells = order.columns.flatMap(({ name }, at) =>
    cellText(from.cells[at]) === cellText(to.cells[at])
      ? []
      : [{ column: name, from: shown(from.cells[at]), to: shown(to.cells[at]) }],
  );
  return { key, fromRow: from.row, toRow: to.row, cells };
};

/** Keeps those with the lowest row numbers, of rows in any order. */
const firstRows = () => {
  let kept: ComparedRow[] = [];
  const inOrder = () => kept.sort((a, b) => (a.fromRow ?? 0) - (b.fromRow ?? 0)).slice(0, MOST_ROWS);
  return {
    see: (row: ComparedRow): void => {
      kept.push(row);
      if (kept.length === 4 * MOST_ROWS) kept = inOrder();
    },
    rows: inOrder,
  };
};
