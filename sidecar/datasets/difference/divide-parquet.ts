import type { DifferingRange } from '../../versions/tree/differing-ranges.ts';
import { openParquet, type ParquetGroup } from '../parquet.ts';
import { countColumn } from './column-profile.ts';
import type { CommonPart, DividedTables, OpenTables, TablePart, Undivided } from './divided-table.ts';
import type { Names, Span } from './row-names.ts';

/** Rows of either side in groups that may differ; their names are held in memory. */
const MOST_ROWS = 500_000;

/**
 * Two Parquet files as their row groups: one whose bytes lie within equal bytes, and of which both footers say the same,
 * holds the same rows. Of such a group only the columns that name a row are unpacked, and nothing where its statistics
 * say that none of the names can be in it.
 * @returns why not, where the schemas differ, or where half of the rows or more than fit into memory may
 */
export const divideParquet = async ({
  from,
  to,
  files,
  ranges,
  header,
}: OpenTables): Promise<DividedTables | Undivided> => {
  const [old, now] = [await openParquet(from, files.from), await openParquet(to, files.to)];
  if (toText(old.metadata.schema) !== toText(now.metadata.schema)) return { undivided: 'its schema is another' };
  const columns = [...header.keys()];
  const parts: DividedTables['parts'][number][] = [];
  let [differingBytes, differingRows] = [0, 0];
  let next = { from: 0, to: 0 };
  const pairs = equalGroups(old.groups, now.groups, ranges);
  for (const pair of [...pairs, { from: old.groups.length, to: now.groups.length }]) {
    const differing = { from: old.groups.slice(next.from, pair.from), to: now.groups.slice(next.to, pair.to) };
    if (differing.from.length + differing.to.length > 0) {
      parts.push({ differing: { from: partOf(differing.from, columns), to: partOf(differing.to, columns) } });
      differingRows += Math.max(rowsIn(differing.from), rowsIn(differing.to));
      differingBytes += Math.max(bytesIn(differing.from), bytesIn(differing.to));
    }
    const group = old.groups[pair.from];
    if (group !== undefined && pair.to < now.groups.length) parts.push({ common: commonPart(group, columns) });
    next = { from: pair.from + 1, to: pair.to + 1 };
  }
  const most = Math.min(MOST_ROWS, Math.max(rowsIn(old.groups), rowsIn(now.groups)) / 2);
  return differingRows > most
    ? { undivided: `${differingRows.toLocaleString('en')} of its rows are in groups that differ` }
    : { parts, differingBytes };
};

const rowsIn = (groups: readonly ParquetGroup[]): number => groups.reduce((sum, { rows }) => sum + rows, 0);

const bytesIn = (groups: readonly ParquetGroup[]): number =>
  groups.map(rangeOf).reduce((sum, { start, end }) => sum + end - start, 0);

/** What of a footer can be compared; numbers of 64 bits are no JSON. */
const toText = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));

interface Pair {
  readonly from: number;
  readonly to: number;
}

/** Groups that are equal on both sides, by their place in the file; ascending on both. */
const equalGroups = (
  from: readonly ParquetGroup[],
  to: readonly ParquetGroup[],
  ranges: readonly DifferingRange[],
): readonly Pair[] => {
  const described = new Map(to.map((group, at) => [describe(group, 0), at]));
  const pairs: Pair[] = [];
  for (const [at, group] of from.entries()) {
    const shift = shiftWithin(rangeOf(group), ranges);
    const other = shift === null ? undefined : described.get(describe(group, shift));
    if (other !== undefined && other > (pairs.at(-1)?.to ?? -1)) pairs.push({ from: at, to: other });
  }
  return pairs;
};

/** Where its bytes lie, and how they are to be unpacked. @param shift how much further behind they lie on the other side */
const describe = ({ about }: ParquetGroup, shift: number): string =>
  toText([
    about.num_rows,
    about.columns.map(({ file_path: path, meta_data: data }) => [
      path,
      data?.type,
      data?.codec,
      data?.encodings,
      data?.path_in_schema,
      data?.num_values,
      data?.total_compressed_size,
      data?.total_uncompressed_size,
      shifted(data?.dictionary_page_offset, shift),
      shifted(data?.data_page_offset, shift),
    ]),
  ]);

const shifted = (offset: bigint | undefined, shift: number): number | null =>
  offset === undefined ? null : Number(offset) + shift;

const rangeOf = ({ about }: ParquetGroup) => {
  const spans = about.columns.flatMap(({ meta_data: data }) => {
    if (data === undefined) return [];
    const offsets = [data.dictionary_page_offset, data.data_page_offset].flatMap((offset) => offset ?? []);
    const start = Math.min(...offsets.map(Number));
    return [{ start, end: start + Number(data.total_compressed_size) }];
  });
  return { start: Math.min(...spans.map(({ start }) => start)), end: Math.max(...spans.map(({ end }) => end)) };
};

/** How much further behind equal bytes lie on the other side; null where not all are known to be equal. */
const shiftWithin = (
  { start, end }: { readonly start: number; readonly end: number },
  ranges: readonly DifferingRange[],
): number | null => {
  const before = ranges.findLast(({ from }) => from.start < end);
  if (before === undefined) return 0;
  return before.from.end <= start ? before.to.end - before.from.end : null;
};

const partOf = (groups: readonly ParquetGroup[], columns: readonly number[]): TablePart => ({
  rows: async function* () {
    for (const { read } of groups) yield* await read(columns);
  },
});

const commonPart = (group: ParquetGroup, columns: readonly number[]): CommonPart => ({
  ...partOf([group], columns),
  find: async function* (names, see) {
    const places = canHold(group, names) ? await placesOf(group, names) : new Set<number>();
    if (places.size > 0) {
      let at = 0;
      for (const rows of await group.read(columns)) {
        for (const cells of rows) {
          if (places.has(at)) see(cells, at);
          at += 1;
        }
      }
    }
    yield group.rows;
  },
  count: async function* (wanted) {
    const counters = wanted.map(countColumn);
    for (const rows of await group.read(wanted)) {
      for (const cells of rows) wanted.forEach((column, at) => counters[at]?.see(cells[column] ?? null));
    }
    yield counters.map(({ finish }) => finish());
  },
});

const placesOf = async (group: ParquetGroup, names: Names): Promise<ReadonlySet<number>> => {
  const places = new Set<number>();
  let at = 0;
  for (const rows of await group.read(names.columns)) {
    for (const cells of rows) {
      if (names.has(cells)) places.add(at);
      at += 1;
    }
  }
  return places;
};

/** Whether rows with these names can be in the group, by the least and the largest number of its columns. */
const canHold = (group: ParquetGroup, { columns, mayBeWithin }: Names): boolean =>
  columns.every((column) => mayBeWithin(column, spanIn(group, column)));

/** Null where it is not known, or not of the numbers that a reader gives. */
const spanIn = ({ about, isNumber }: ParquetGroup, column: number): Span | null => {
  const statistics = about.columns[column]?.meta_data?.statistics;
  const [least, most] = [toNumber(statistics?.min_value), toNumber(statistics?.max_value)];
  return least === null || most === null || !isNumber(column) ? null : { least, most };
};

const toNumber = (value: unknown): number | null =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
