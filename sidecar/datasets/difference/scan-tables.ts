import type { RowKey } from '../../contract/data-difference.ts';
import { createRandom } from '../../statistics/random.ts';
import { keyCandidates, type TableHead } from './choose-key.ts';
import { createRowSampler, profileColumn, type ColumnProfile } from './column-profile.ts';
import { matchRows, openNamedRows, pairByPosition, type MatchedRows, type NamedRows } from './match-rows.ts';
import type { ComparedTable, SharedColumn } from './row-details.ts';
import { nameCells } from './row-names.ts';

/** Columns that are tried as a key before rows are told by their contents. */
const MOST_TRIES = 3;
/** Numbers that samples of all columns hold together, on both sides. */
const SAMPLED_NUMBERS = 4_000_000;
const MOST_SAMPLED = 50_000;
/** Bytes of a file whose row names are in memory at a time. */
const PART_BYTES = 2 << 20;
const MOST_PARTS = 2_048;

export interface ScanOrder {
  readonly from: ComparedTable;
  readonly to: ComparedTable;
  readonly heads: { readonly from: TableHead; readonly to: TableHead };
  readonly columns: readonly SharedColumn[];
  /** Columns that name a row; none to have them looked for. */
  readonly key: readonly string[];
  /** The column of labels, which names no row. */
  readonly target: string | null;
  /** Folder for temporary files. */
  readonly folder: string;
}

/** What one reading of a table leaves. */
export interface ScannedTable {
  readonly header: readonly string[];
  readonly rows: number;
  readonly profiles: readonly ColumnProfile[];
}

/** What reading both tables leaves. */
export interface Scanned {
  /** Those that were read: the whole, or without rows that are equal. */
  readonly tables: Pick<ScanOrder, 'from' | 'to'>;
  /** Equal rows that were left out; null where none were. */
  readonly others: number | null;
  readonly matched: MatchedRows;
  readonly key: RowKey;
  readonly from: ScannedTable;
  readonly to: ScannedTable;
}

/** Rows are named by these columns, or by their contents. */
export interface Naming {
  readonly how: RowKey['how'];
  readonly names: readonly string[];
}

type Scan<Result> = (order: ScanOrder, naming: Naming, signal: AbortSignal) => Promise<Result>;

/** Reads both tables by the key that was asked for, by the first that is found to be one, or by their contents. */
export const scanByKey = async <Result extends Scanned | null>(
  order: ScanOrder,
  scan: Scan<Result>,
  signal: AbortSignal,
): Promise<Result> => {
  if (order.key.length > 0) return scan(order, { how: 'asked', names: order.key }, signal);
  const { from, to } = order.heads;
  for (const candidate of keyCandidates(from, to, order.target).slice(0, MOST_TRIES)) {
    const scanned = await scan(order, { how: 'found', names: [candidate] }, signal);
    if (scanned === null) return scanned;
    const { repeated } = scanned.key;
    if (repeated.from === 0 && repeated.to === 0) return scanned;
  }
  return scan(order, { how: 'content', names: [] }, signal);
};

/** Reads all rows. */
export const scanWhole: Scan<Scanned> = async (order, naming, signal) => {
  const { from, to } = order;
  return { ...(await scanBoth(order, naming, signal)), tables: { from, to }, others: null };
};

/** Share of the rows of either side that the other does not have like that. */
export const shareOfDiffering = ({ matched: { changed, removed, added }, from, to }: Scanned): number =>
  Math.max(
    (changed.from.size() + removed.size()) / Math.max(1, from.rows),
    (changed.to.size() + added.size()) / Math.max(1, to.rows),
  );

/** Reads both once, and matches their rows by name. */
export const scanBoth = async (
  order: ScanOrder,
  { how, names }: Naming,
  signal: AbortSignal,
): Promise<Pick<Scanned, 'matched' | 'key' | 'from' | 'to'>> => {
  const { folder, columns } = order;
  const parts = Math.min(MOST_PARTS, Math.ceil(Math.max(order.from.size, order.to.size) / PART_BYTES) || 1);
  const old = openNamedRows({ folder, name: 'from', parts });
  const now = openNamedRows({ folder, name: 'to', parts });
  try {
    const key = placesOf(names, columns);
    const scan = { key, sampleRows: sampleRowsFor(order.heads) };
    const from = await scanTable(order.from, { ...scan, columns: columns.map((column) => column.from) }, old, signal);
    const to = await scanTable(order.to, { ...scan, columns: columns.map((column) => column.to) }, now, signal);
    const matched = matchRows(old, now, parts, signal);
    const repeated = how === 'content' ? { from: 0, to: 0 } : matched.repeated;
    return {
      // Without a column in common there is nothing in which two rows of one number could differ.
      matched: how === 'content' && columns.length > 0 ? pairByPosition(matched) : matched,
      key: { how, columns: [...names], repeated },
      from,
      to,
    };
  } finally {
    old.close();
    now.close();
  }
};

/** Where columns stand among those that both tables have. */
export const placesOf = (names: readonly string[], columns: readonly SharedColumn[]): number[] =>
  names.map((name) => columns.findIndex((column) => column.name === name));

const sampleRowsFor = ({ from, to }: ScanOrder['heads']): number =>
  Math.min(MOST_SAMPLED, Math.ceil(SAMPLED_NUMBERS / Math.max(1, from.header.length + to.header.length)));

interface TableScan {
  /** Where the shared columns stand in this table, in one order for both. */
  readonly columns: readonly number[];
  /** Key columns, as places among them; none for rows that are told by their contents. */
  readonly key: readonly number[];
  readonly sampleRows: number;
}

const scanTable = async (
  table: ComparedTable,
  { columns, key, sampleRows }: TableScan,
  named: NamedRows,
  signal: AbortSignal,
): Promise<ScannedTable> => {
  let header: readonly string[] = [];
  let profilers: readonly ReturnType<typeof profileColumn>[] = [];
  let rows = 0;
  const slotOf = createRowSampler(sampleRows, createRandom(0));
  const keyColumns = key.map((at) => columns[at] ?? 0);
  for await (const piece of table.read(signal)) {
    if (profilers.length === 0) {
      header = piece.header;
      profilers = header.map(() => profileColumn(sampleRows));
    }
    piece.rows.forEach((cells, at) => {
      const contents = nameCells(cells, columns.length === 0 ? [...header.keys()] : columns);
      named.add(piece.first + at, key.length === 0 ? contents : nameCells(cells, keyColumns), contents);
      const slot = slotOf();
      profilers.forEach((profiler, column) => profiler.see(cells[column] ?? null, slot));
    });
    rows += piece.rows.length;
  }
  return { header, rows, profiles: profilers.map((profiler) => profiler.finish()) };
};
