import type {
  CellValue,
  LabelFlips,
  RowKey,
  SchemaDifference,
  TableDifference,
} from '../../contract/data-difference.ts';
import { requestInvalid } from '../../faults.ts';
import { createRandom } from '../../statistics/random.ts';
import { categoryOf, type Cell } from '../cells.ts';
import { orderClasses } from '../image-rows.ts';
import { guessTarget, keyCandidates, type TableHead } from './choose-key.ts';
import { createRowSampler, MOST_CATEGORIES, profileColumn, type ColumnProfile } from './column-profile.ts';
import { shiftOf } from './column-shift.ts';
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
 * What changed in a table, row by row. Memory does not grow with the tables: names of their rows are divided by key over
 * temporary files, and matched part by part. Both are read twice, and once more for each key that turns out not to be one.
 * @throws Fault `request-invalid` for a key or target that is no column of both, `dataset-unreadable`
 */
export const compareTables = async (order: TableOrder, signal: AbortSignal): Promise<TableDifference> => {
  const heads = { from: await readHead(order.from, signal), to: await readHead(order.to, signal) };
  const columns = sharedColumns(heads.from.header, heads.to.header);
  checkColumns(order, columns);
  const target = order.target ?? guessTarget(order.likelyTarget, heads.from.header, heads.to.header);
  const scanned = await scanByKey({ ...order, target, heads, columns }, signal);
  const { matched, key, from, to } = scanned;

  const flips = createFlipCounter(hasClasses(target, from, to) ? 'pairs' : 'count');
  const changes = columns.map(({ name }) => ({ column: name, changed: 0 }));
  const details = await readDetails(
    {
      ...order,
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
  const shifts = shiftsBetween(key.columns, target, from, to);
  noteUnspread(order, columns, [...key.columns, ...shifts.map(({ column }) => column)]);
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

interface Scanned {
  readonly matched: MatchedRows;
  readonly key: RowKey;
  readonly from: ScannedTable;
  readonly to: ScannedTable;
}

interface ScanOrder extends TableOrder {
  readonly heads: { readonly from: TableHead; readonly to: TableHead };
  readonly columns: readonly SharedColumn[];
}

/** Reads both tables by the key that was asked for, by the first that is found to be one, or by their contents. */
const scanByKey = async (order: ScanOrder, signal: AbortSignal): Promise<Scanned> => {
  if (order.key.length > 0) return scanBoth(order, 'asked', order.key, signal);
  const { from, to } = order.heads;
  for (const candidate of keyCandidates(from, to, order.target).slice(0, MOST_TRIES)) {
    const scanned = await scanBoth(order, 'found', [candidate], signal);
    const { repeated } = scanned.key;
    if (repeated.from === 0 && repeated.to === 0) return scanned;
  }
  return scanBoth(order, 'content', [], signal);
};

const scanBoth = async (
  order: ScanOrder,
  how: RowKey['how'],
  names: readonly string[],
  signal: AbortSignal,
): Promise<Scanned> => {
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
