import type {
  CellValue,
  LabelFlips,
  RowKey,
  SchemaDifference,
  TableDifference,
} from '../../contract/data-difference.ts';
import { Fault, requestInvalid } from '../../faults.ts';
import { createRandom } from '../../statistics/random.ts';
import { categoryOf, type Cell } from '../cells.ts';
import { orderClasses } from '../image-rows.ts';
import { guessTarget, keyCandidates, type TableHead } from './choose-key.ts';
import { findChangedRows, type ChangedTables } from './changed-rows.ts';
import {
  addCounts,
  createRowSampler,
  MOST_CATEGORIES,
  profileColumn,
  type ColumnCounts,
  type ColumnProfile,
} from './column-profile.ts';
import { shiftOf } from './column-shift.ts';
import type { OpenDivision } from './divide-tables.ts';
import type { DividedTables } from './divided-table.ts';
import { createFlipCounter, type FlipCounter } from './label-flips.ts';
import { matchRows, openNamedRows, pairByPosition, type MatchedRows, type NamedRows } from './match-rows.ts';
import { readDetails, type ComparedTable, type SharedColumn } from './row-details.ts';
import { cellText, nameCells } from './row-names.ts';

export interface TableOrder {
  /** Path of the table in the data set. */
  readonly file: string;
  readonly from: ComparedTable;
  readonly to: ComparedTable;
  /** Columns that name a row; none to have them looked for. */
  readonly key: readonly string[];
  /** The column of labels; null to have it guessed by its name. */
  readonly target: string | null;
  /** The name that is tried first for a target nobody asked for. */
  readonly likelyTarget: string | null;
  /** Folder for temporary files. */
  readonly folder: string;
  /** Takes what a person should know of how the tables were compared. */
  readonly note: (text: string) => void;
  /**
   * Divides tables with equal columns into parts that are equal and parts that may differ, so that only these are
   * compared; null where it does not pay.
   */
  readonly divide: (header: readonly string[]) => Promise<OpenDivision | null>;
}

/** Rows by which a key is guessed. */
const HEAD_ROWS = 10_000;
/** Columns that are tried as a key before rows are told by their contents. */
const MOST_TRIES = 3;
/** Numbers that samples of all columns hold together, on both sides. */
const SAMPLED_NUMBERS = 4_000_000;
const MOST_SAMPLED = 50_000;
/** Bytes of a file whose row names are in memory at a time. */
const PART_BYTES = 2 << 20;
const MOST_PARTS = 2_048;
/** A target of numbers with more different values is none of classes, as in training. */
const MOST_NUMERIC_CLASSES = 20;

/**
 * What changed in a table, row by row. Where most of the two is known to be equal, only what differs is compared, with the
 * rows that are named alike (changed-rows.ts); everything that is told is what a comparison of all rows tells, but the
 * spread of columns is not compared, which a note says. Else both are read twice, and once more for each key that turns
 * out not to be one. Memory does not grow with the tables: names of rows are divided by key over temporary files, and
 * matched part by part.
 * @throws Fault `request-invalid` for a key or target that is no column of both, `dataset-unreadable`
 */
export const compareTables = async (order: TableOrder, signal: AbortSignal): Promise<TableDifference> => {
  const heads = { from: await readHead(order.from, signal), to: await readHead(order.to, signal) };
  const columns = sharedColumns(heads.from.header, heads.to.header);
  checkColumns(order, columns);
  const target = order.target ?? guessTarget(order.likelyTarget, heads.from.header, heads.to.header);
  const scan = { ...order, target, heads, columns };
  return (
    (await compareChanged(scan, signal)) ?? (await describe(scan, await scanByKey(scan, scanWhole, signal), signal))
  );
};

/** @returns null where the whole must be read */
const compareChanged = async (order: ScanOrder, signal: AbortSignal): Promise<TableDifference | null> => {
  const { header } = order.heads.from;
  if (JSON.stringify(header) !== JSON.stringify(order.heads.to.header)) return null;
  try {
    const division = await order.divide(header);
    if (division === null) return null;
    try {
      const scanned = await scanByKey(order, async (tables, ...rest) => scanChanged(division, tables, ...rest), signal);
      return scanned === null || shareOfDiffering(scanned) > division.mostShare
        ? null
        : await describe(order, scanned, signal);
    } finally {
      division.close();
    }
  } catch (error) {
    // Whoever reads the whole says in which row of it something is wrong.
    if (error instanceof Fault && error.code === 'dataset-unreadable') return null;
    throw error;
  }
};

const describe = async (order: ScanOrder, scanned: Scanned, signal: AbortSignal): Promise<TableDifference> => {
  const { columns, target } = order;
  const { matched, key, from, to, others } = scanned;
  const flips = createFlipCounter(hasClasses(target, from, to) ? 'pairs' : 'count');
  const changes = columns.map(({ name }) => ({ column: name, changed: 0 }));
  const details = await readDetails(
    {
      ...scanned.tables,
      folder: order.folder,
      matched,
      columns,
      key: placesOf(key.columns, columns),
      seeChanged: (old, now, named, row) => {
        countChanges(changes, old, now);
        if (target !== null) seeFlip(flips, placesOf([target], columns)[0] ?? 0, { old, now, named, row });
      },
    },
    signal,
  );
  const shifts = others === null ? shiftsBetween(key.columns, target, from, to) : [];
  if (others === null) noteUnspread(order, columns, [...key.columns, ...shifts.map(({ column }) => column)]);
  else noteOthers(order, scanned);
  return {
    file: order.file,
    rows: countRows(matched, from.rows, to.rows),
    key,
    schema: schemaBetween(from, to),
    cells: changes.filter(({ changed }) => changed > 0).sort((a, b) => b.changed - a.changed),
    labels: target === null ? null : labelsOf(target, flips, { matched, from, to }),
    shifts,
    ...details,
  };
};

/** Share of the rows of either side that the other does not have like that. */
const shareOfDiffering = ({ matched: { changed, removed, added }, from, to }: Scanned): number =>
  Math.max(
    (changed.from.size() + removed.size()) / Math.max(1, from.rows),
    (changed.to.size() + added.size()) / Math.max(1, to.rows),
  );

/**
 * Equal rows cannot shift a column: shares of its values differ by no more, in total, than the share of the other rows on
 * the side where that is larger.
 */
const noteOthers = ({ file, note }: TableOrder, scanned: Scanned): void => {
  const rows = Math.max(scanned.from.rows, scanned.to.rows);
  const compared = rows - (scanned.others ?? 0);
  note(
    `${compared.toLocaleString('en')} of ${rows.toLocaleString('en')} rows of ${file} were compared, since all others are in parts that are equal. ` +
      `The spread of its columns was not: no more than ${percentUp(100 * shareOfDiffering(scanned))} % of the rows can have shifted it.`,
  );
};

/** Rounded up to two figures: it is said to be a bound. */
const percentUp = (value: number): string => {
  if (value === 0) return '0';
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return String(Number((Math.ceil(value / unit) * unit).toPrecision(2)));
};

const noteUnspread = ({ file, note }: TableOrder, columns: readonly SharedColumn[], told: readonly string[]): void => {
  const names = columns.map(({ name }) => name).filter((name) => !told.includes(name));
  if (names.length === 0) return;
  const some = names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
  note(
    `The spread of ${some} in ${file} is not compared: more than ${MOST_CATEGORIES.toLocaleString('en')} different texts.`,
  );
};

const readHead = async (table: ComparedTable, signal: AbortSignal): Promise<TableHead> => {
  let header: readonly string[] = [];
  const rows: (readonly Cell[])[] = [];
  for await (const piece of table.read(signal)) {
    header = piece.header;
    rows.push(...piece.rows);
    if (rows.length >= HEAD_ROWS) break;
  }
  return { header, rows: rows.slice(0, HEAD_ROWS) };
};

const sharedColumns = (from: readonly string[], to: readonly string[]): SharedColumn[] =>
  from.flatMap((name, at) => (to.includes(name) ? [{ name, from: at, to: to.indexOf(name) }] : []));

const checkColumns = ({ key, target, file }: TableOrder, columns: readonly SharedColumn[]): void => {
  const names = columns.map(({ name }) => name);
  const missing = [...key, ...(target === null ? [] : [target])].find((name) => !names.includes(name));
  if (missing === undefined) return;
  throw requestInvalid(
    `“${missing}” is no column of ${file} on both sides.`,
    names.length === 0 ? 'The two have no column in common.' : `They have ${names.join(', ')} in common.`,
  );
};

const placesOf = (names: readonly string[], columns: readonly SharedColumn[]): number[] =>
  names.map((name) => columns.findIndex((column) => column.name === name));

/** What one reading of a table leaves. */
interface ScannedTable {
  readonly header: readonly string[];
  readonly rows: number;
  readonly profiles: readonly ColumnProfile[];
}

interface ComparedTables {
  readonly from: ComparedTable;
  readonly to: ComparedTable;
}

interface Scanned {
  /** Those that were read: the whole, or without rows that are equal. */
  readonly tables: ComparedTables;
  /** Equal rows that were left out; null where none were. */
  readonly others: number | null;
  readonly matched: MatchedRows;
  readonly key: RowKey;
  readonly from: ScannedTable;
  readonly to: ScannedTable;
}

interface ScanOrder extends TableOrder {
  readonly heads: { readonly from: TableHead; readonly to: TableHead };
  readonly columns: readonly SharedColumn[];
}

/** Rows are named by these columns, or by their contents. */
interface Naming {
  readonly how: RowKey['how'];
  readonly names: readonly string[];
}

type Scan<Result> = (order: ScanOrder, naming: Naming, signal: AbortSignal) => Promise<Result>;

/** Reads both tables by the key that was asked for, by the first that is found to be one, or by their contents. */
const scanByKey = async <Result extends Scanned | null>(
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

const scanWhole: Scan<Scanned> = async (order, naming, signal) => {
  const { from, to } = order;
  return { ...(await scanBoth(order, naming, signal)), tables: { from, to }, others: null };
};

/** @returns null where too many rows are named alike */
const scanChanged = async (
  division: DividedTables,
  order: ScanOrder,
  naming: Naming,
  signal: AbortSignal,
): Promise<Scanned | null> => {
  const { header } = order.heads.from;
  const columns = naming.how === 'content' ? [...header.keys()] : naming.names.map((name) => header.indexOf(name));
  const changed = await findChangedRows(division, header, columns, signal);
  if (changed === null) return null;
  const { from, to, others } = changed;
  const { matched, key, ...scanned } = await scanBoth({ ...order, from, to }, naming, signal);
  return {
    tables: { from, to },
    others,
    matched: { ...matched, unchanged: matched.unchanged + others },
    key,
    ...(await countTypes(order, changed, scanned)),
  };
};

/**
 * With what is known of columns from the rows that were left out. The type of a column is the narrowest that holds all its
 * values; where some of the others make it the same on both sides already, the rest cannot make it differ. Only columns
 * of which that is not known, and the target, whose classes are counted, are read to the end.
 */
const countTypes = async (
  { target, heads }: ScanOrder,
  { others, countSome, countOthers }: ChangedTables,
  { from, to }: { readonly from: ScannedTable; readonly to: ScannedTable },
): Promise<{ readonly from: ScannedTable; readonly to: ScannedTable }> => {
  const counts = [...(await countSome())];
  const typeIn = ({ profiles }: ScannedTable, column: number) => addTo(profiles[column], counts[column]).type;
  const unsure = heads.from.header.flatMap((name, column) =>
    name === target || typeIn(from, column) !== typeIn(to, column) ? [column] : [],
  );
  const counted = unsure.length === 0 ? [] : await countOthers(unsure);
  counted.forEach((count, at) => (counts[unsure[at] ?? 0] = count));
  const complete = (table: ScannedTable): ScannedTable => ({
    header: table.header,
    rows: table.rows + others,
    profiles: table.profiles.map((profile, column) => addTo(profile, counts[column])),
  });
  return { from: complete(from), to: complete(to) };
};

const scanBoth = async (
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

const addTo = (profile: ColumnProfile | undefined, others: ColumnCounts | undefined): ColumnProfile => {
  if (profile === undefined || others === undefined) throw new Error('A column has lost its counts.');
  return { ...profile, ...addCounts(profile, others) };
};

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

const countRows = (matched: MatchedRows, from: number, to: number): TableDifference['rows'] => ({
  from,
  to,
  added: matched.added.size(),
  removed: matched.removed.size(),
  changed: matched.changed.from.size(),
  unchanged: matched.unchanged,
});

const countChanges = (changes: readonly { changed: number }[], old: readonly Cell[], now: readonly Cell[]): void =>
  changes.forEach((column, at) => {
    if (cellText(old[at]) !== cellText(now[at])) column.changed += 1;
  });

const seeFlip = (
  flips: FlipCounter,
  target: number,
  seen: {
    readonly old: readonly Cell[];
    readonly now: readonly Cell[];
    readonly named: readonly CellValue[];
    readonly row: number;
  },
): void => {
  const { old, now, named, row } = seen;
  flips.see(labelText(old[target]), labelText(now[target]), () =>
    named.length === 0 ? `row ${row}` : named.join(', '),
  );
};

const labelText = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '' : categoryOf(cell));

const profileOf = ({ header, profiles }: ScannedTable, column: string): ColumnProfile | undefined =>
  profiles[header.indexOf(column)];

/** Whether the values of the target are classes, and not numbers on a scale. */
const hasClasses = (target: string | null, from: ScannedTable, to: ScannedTable): boolean =>
  target !== null &&
  [from, to].every((table) => {
    const profile = profileOf(table, target);
    if (profile?.categories === undefined || profile.categories === null) return false;
    const numeric = profile.type === 'integer' || profile.type === 'number';
    return !numeric || profile.categories.size <= MOST_NUMERIC_CLASSES;
  });

const labelsOf = (
  column: string,
  flips: FlipCounter,
  { matched, from, to }: { readonly matched: MatchedRows; readonly from: ScannedTable; readonly to: ScannedTable },
): LabelFlips => {
  const [old, now] = [from, to].map((table) => profileOf(table, column)?.categories ?? new Map<string, number>());
  const names = hasClasses(column, from, to) ? orderClasses([...(old?.keys() ?? []), ...(now?.keys() ?? [])]) : [];
  const classes = names.map((name) => ({ name, from: old?.get(name) ?? 0, to: now?.get(name) ?? 0 }));
  return flips.finish({ column, compared: matched.unchanged + matched.changed.from.size(), classes });
};

const schemaBetween = (from: ScannedTable, to: ScannedTable): SchemaDifference => {
  const typed = ({ header, profiles }: ScannedTable) =>
    header.map((column, at) => ({ column, type: profiles[at]?.type ?? ('empty' as const) }));
  const [old, now] = [typed(from), typed(to)];
  const common = from.header.filter((name) => to.header.includes(name));
  return {
    added: now.filter(({ column }) => !from.header.includes(column)),
    removed: old.filter(({ column }) => !to.header.includes(column)),
    retyped: old.flatMap(({ column, type }) => {
      const other = now.find((one) => one.column === column);
      return other === undefined || other.type === type ? [] : [{ column, from: type, to: other.type }];
    }),
    reordered: common.join('\0') !== to.header.filter((name) => from.header.includes(name)).join('\0'),
  };
};

const order = { drifting: 0, cannot_tell: 1, stable: 2 } as const;

/** The spread of names says nothing. */
const shiftsBetween = (key: readonly string[], target: string | null, from: ScannedTable, to: ScannedTable) =>
  from.header
    .filter((column) => !key.includes(column))
    .flatMap((column) => {
      const [old, now] = [profileOf(from, column), profileOf(to, column)];
      if (old === undefined || now === undefined) return [];
      const shift = shiftOf(column, old, now, column === target && hasClasses(target, from, to));
      return shift === null ? [] : [shift];
    })
    .sort((a, b) => order[a.verdict] - order[b.verdict] || (b.psi ?? 0) - (a.psi ?? 0));
