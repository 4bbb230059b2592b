import { findChangedRows, type ChangedTables } from './changed-rows.ts';
import { addCounts, type ColumnCounts, type ColumnProfile } from './column-profile.ts';
import type { DividedTables } from './divided-table.ts';
import { scanBoth, type Naming, type Scanned, type ScannedTable, type ScanOrder } from './scan-tables.ts';

/** @returns null where too many rows are named alike */
export const scanChanged = async (
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

const addTo = (profile: ColumnProfile | undefined, others: ColumnCounts | undefined): ColumnProfile => {
  if (profile === undefined || others === undefined) throw new Error('A column has lost its counts.');
  return { ...profile, ...addCounts(profile, others) };
};
