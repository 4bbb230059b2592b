import type { CellValue, LabelFlips, SchemaDifference, TableDifference } from '../../contract/data-difference.ts';
import { categoryOf, type Cell } from '../cells.ts';
import { orderClasses } from '../image-rows.ts';
import type { ColumnProfile } from './column-profile.ts';
import { shiftOf } from './column-shift.ts';
import { createFlipCounter, type FlipCounter } from './label-flips.ts';
import type { MatchedRows } from './match-rows.ts';
import { readDetails } from './row-details.ts';
import { cellText } from './row-names.ts';
import { placesOf, type Scanned, type ScannedTable, type ScanOrder } from './scan-tables.ts';
import { noteOthers, noteUnspread, type Noted } from './table-notes.ts';

/** A target of numbers with more different values is none of classes, as in training. */
const MOST_NUMERIC_CLASSES = 20;

export interface DescribedOrder extends ScanOrder, Noted {}

/** All that is told of two tables that were read, some of which it reads once more for the rows that differ. */
export const describeTable = async (
  order: DescribedOrder,
  scanned: Scanned,
  signal: AbortSignal,
): Promise<TableDifference> => {
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
  const told = [...key.columns, ...shifts.map(({ column }) => column)];
  const unspread = columns.map(({ name }) => name).filter((name) => !told.includes(name));
  if (others === null) noteUnspread(order, unspread);
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
