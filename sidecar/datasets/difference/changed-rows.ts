import { setImmediate as nextTurn } from 'node:timers/promises';
import { ownText, type Cell } from '../cells.ts';
import type { TableRows } from '../table-reader.ts';
import { addCounts, countColumn, takeCounts, type ColumnCounts } from './column-profile.ts';
import type { CommonPart, DifferingPart, DividedTables, TablePart } from './divided-table.ts';
import type { ComparedTable } from './row-details.ts';
import { collectNames, type Names } from './row-names.ts';

/** Two tables without the rows that cannot matter; those that are left have the numbers that they have in the whole. */
export interface ChangedTables {
  readonly from: ComparedTable;
  readonly to: ComparedTable;
  /** Rows that were left out; both tables have them. */
  readonly others: number;
  /** Looks at the others: of each of the columns what can be counted. */
  readonly countOthers: (columns: readonly number[]) => Promise<readonly ColumnCounts[]>;
  /** Of each column what can be counted in some of the others. */
  readonly countSome: () => Promise<readonly ColumnCounts[]>;
}

/** Rows elsewhere that are called like one that may differ, and are held in memory. */
const MOST_FOUND = 50_000;
const SOME_ROWS = 1_000;

/**
 * Leaves out the rows of common parts, but for those that are named like a row that may differ. Rows of equal name are
 * matched in their order, the first with the first: so what becomes of a name depends on all rows that have it, and on no
 * others. The rows of a name that occurs in common parts only are the same in the same order on both sides, and unchanged.
 * Of every other name all rows are kept. Hence whatever is said of rows that are matched by name, and of those of them
 * that differ, is the same for what is left as for the whole.
 * @param columns that name a row
 * @returns null where too many rows are named like those that may differ
 * @throws Fault `dataset-unreadable`
 */
export const findChangedRows = async (
  { parts, differingBytes }: DividedTables,
  header: readonly string[],
  columns: readonly number[],
  signal: AbortSignal,
): Promise<ChangedTables | null> => {
  const { names, rows } = await readDiffering(parts, columns);
  const placed: PlacedPart[] = [];
  const next = { from: 1, to: 1 };
  let others = 0;
  let found = 0;
  for (const part of parts) {
    const first = { ...next };
    if ('differing' in part) {
      placed.push({ ...part, first });
      for (const side of ['from', 'to'] as const) next[side] += rows.get(part.differing[side]) ?? 0;
      continue;
    }
    const search = await searchPart(part.common, names, MOST_FOUND - found, signal);
    if (search === null) return null;
    placed.push({ ...part, first, found: search.found });
    next.from += search.rows;
    next.to += search.rows;
    found += search.found.length;
    others += search.rows - search.found.length;
  }
  return {
    from: tableOf(placed, header, 'from', differingBytes),
    to: tableOf(placed, header, 'to', differingBytes),
    others,
    countOthers: async (wanted) => countOthers(placed, wanted, signal),
    countSome: async () => countSome(placed, [...header.keys()]),
  };
};

/** A part, and the number of its first row on either side. */
type PlacedPart = { readonly first: { readonly from: number; readonly to: number } } & (
  { readonly common: CommonPart; readonly found: readonly FoundRow[] } | { readonly differing: DifferingPart }
);

interface FoundRow {
  /** Its place in the part, from 0. */
  readonly at: number;
  readonly cells: readonly Cell[];
}

/** The names of all rows that may differ, and how many each of their parts has. */
const readDiffering = async (parts: DividedTables['parts'], columns: readonly number[]) => {
  const names = collectNames(columns);
  const rows = new Map<TablePart, number>();
  for (const part of parts) {
    if (!('differing' in part)) continue;
    for (const table of [part.differing.from, part.differing.to]) {
      for await (const some of table.rows()) {
        for (const cells of some) names.add(cells);
        rows.set(table, (rows.get(table) ?? 0) + some.length);
      }
    }
  }
  return { names: names.finish(), rows };
};

const searchPart = async (common: CommonPart, names: Names, most: number, signal: AbortSignal) => {
  const found: FoundRow[] = [];
  let rows = 0;
  const see = (cells: readonly Cell[], at: number): void => void found.push({ at, cells: cells.map(ownCell) });
  for await (const passed of common.find(names, see)) {
    rows += passed;
    if (found.length > most) return null;
    // An abort is heard between two turns of the event loop only.
    await nextTurn();
    signal.throwIfAborted();
  }
  return { found, rows };
};

const ownCell = (cell: Cell): Cell => (typeof cell === 'string' ? ownText(cell) : cell);

const tableOf = (
  placed: readonly PlacedPart[],
  header: readonly string[],
  side: 'from' | 'to',
  size: number,
): ComparedTable => ({
  size,
  read: async function* (): AsyncGenerator<TableRows, void> {
    // A table without rows has columns still.
    yield { header, first: 1, rows: [] };
    for (const part of placed) {
      let first = part.first[side];
      if ('found' in part) {
        for (const { at, cells } of part.found) yield { header, first: first + at, rows: [cells] };
      } else {
        for await (const rows of part.differing[side].rows()) {
          yield { header, first, rows };
          first += rows.length;
        }
      }
    }
  },
});

/** In all rows of common parts, without those that were found in them. */
const countOthers = async (
  placed: readonly PlacedPart[],
  columns: readonly number[],
  signal: AbortSignal,
): Promise<readonly ColumnCounts[]> => {
  let counts = columns.map(() => countColumn().finish());
  for (const part of placed) {
    if (!('found' in part)) continue;
    for await (const some of part.common.count(columns)) {
      counts = counts.map((count, at) => addCounts(count, some[at] ?? count));
      await nextTurn();
      signal.throwIfAborted();
    }
    const found = columns.map((column) => countCells(part.found.map(({ cells }) => cells[column] ?? null)));
    counts = counts.map((count, at) => takeCounts(count, found[at] ?? count));
  }
  return counts;
};

const countCells = (cells: readonly Cell[]): ColumnCounts => {
  const counter = countColumn();
  for (const cell of cells) counter.see(cell);
  return counter.finish();
};

const countSome = async (
  placed: readonly PlacedPart[],
  columns: readonly number[],
): Promise<readonly ColumnCounts[]> => {
  const counters = columns.map(countColumn);
  let seen = 0;
  for (const part of placed) {
    if (!('found' in part)) continue;
    for await (const rows of part.common.rows()) {
      for (const cells of rows) columns.forEach((column, at) => counters[at]?.see(cells[column] ?? null));
      seen += rows.length;
      if (seen >= SOME_ROWS) break;
    }
    if (seen >= SOME_ROWS) break;
  }
  return counters.map(({ finish }) => finish());
};
