import type { TableDifference } from '../../contract/data-difference.ts';
import { Fault, requestInvalid } from '../../faults.ts';
import type { Cell } from '../cells.ts';
import { guessTarget, type TableHead } from './choose-key.ts';
import { describeTable, type DescribedOrder } from './describe-table.ts';
import type { OpenDivision } from './divide-tables.ts';
import type { Undivided } from './divided-table.ts';
import type { ComparedTable, SharedColumn } from './row-details.ts';
import { scanChanged } from './scan-changed.ts';
import { scanByKey, scanWhole, shareOfDiffering, type ScanOrder } from './scan-tables.ts';
import type { Noted } from './table-notes.ts';

export interface TableOrder extends Omit<ScanOrder, 'heads' | 'columns'>, Noted {
  /** The column of labels; null to have it guessed by its name. */
  readonly target: string | null;
  /** The name that is tried first for a target nobody asked for. */
  readonly likelyTarget: string | null;
  /**
   * Divides tables with equal columns into parts that are equal and parts that may differ, so that only these are
   * compared; says why not, where it does not pay.
   */
  readonly divide: (header: readonly string[]) => Promise<OpenDivision | Undivided>;
  /** Takes why all rows of a table are read. */
  readonly log: (text: string) => void;
}

/** Rows by which a key is guessed. */
const HEAD_ROWS = 10_000;

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
    (await compareChanged(scan, signal)) ??
    (await describeTable(scan, await scanByKey(scan, scanWhole, signal), signal))
  );
};

/** @returns null where the whole must be read; the log says why */
const compareChanged = async (
  order: DescribedOrder & TableOrder,
  signal: AbortSignal,
): Promise<TableDifference | null> => {
  const { header } = order.heads.from;
  const readAll = (why: string): null => {
    order.log(`${order.file}: all rows are read, since ${why}`);
    return null;
  };
  if (JSON.stringify(header) !== JSON.stringify(order.heads.to.header)) return readAll('its columns are others');
  try {
    const division = await order.divide(header);
    if ('undivided' in division) return readAll(division.undivided);
    try {
      const scanned = await scanByKey(order, async (tables, ...rest) => scanChanged(division, tables, ...rest), signal);
      if (scanned === null) return readAll('too many are named like those that may differ');
      if (shareOfDiffering(scanned) > division.mostShare)
        return readAll(`more than ${100 * division.mostShare} % of them differ`);
      return await describeTable(order, scanned, signal);
    } finally {
      division.close();
    }
  } catch (error) {
    // Whoever reads the whole says in which row of it something is wrong.
    if (error instanceof Fault && error.code === 'dataset-unreadable')
      return readAll(`they could not be divided: ${error.message}`);
    throw error;
  }
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
