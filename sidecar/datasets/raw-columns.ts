import type { ColumnTransform, Features } from '../contract/features.ts';
import { requestInvalid } from '../faults.ts';
import { categoryOf, isMissing, ownText, parseNumber } from './cells.ts';
import { parseTime } from './dates.ts';

/** A column as a table holds it and a served model takes it: dates are seconds since 1970. */
export interface RawColumn {
  readonly column: string;
  readonly type: 'number' | 'text' | 'date';
  /** Numbers must be larger than this. */
  readonly above?: number;
}

/** A missing number or date is NaN, a missing text is empty. */
export type RawCell = number | string;

/** One row, a cell a column. */
export type RawRow = readonly RawCell[];

const typeOf: Readonly<Record<ColumnTransform['kind'], RawColumn['type']>> = {
  number: 'number',
  scaled: 'number',
  log1p: 'number',
  bucket: 'number',
  onehot: 'text',
  hash: 'text',
  date: 'date',
};

/** The logarithm of 1 + x has no value below. */
const LOG1P_ABOVE = -1;

/** The columns that transforms read, each once, in the order of the transforms. */
export const rawColumnsOf = (columns: Features['columns']): readonly RawColumn[] => {
  const found = new Map<string, RawColumn>();
  for (const { kind, column } of columns) {
    const above = kind === 'log1p' ? LOG1P_ABOVE : found.get(column)?.above;
    found.set(column, { column, type: typeOf[kind], ...(above === undefined ? {} : { above }) });
  }
  return [...found.values()];
};

/**
 * A record as the columns take it, in their order.
 * @param record values by column; those that no transform asks for are ignored
 * @throws Fault `request-invalid` when a value does not fit its column
 */
export const rawRow = (record: Readonly<Record<string, unknown>>, { columns }: Pick<Features, 'columns'>): RawRow =>
  rawColumnsOf(columns).map((raw) => rawCell(Object.hasOwn(record, raw.column) ? record[raw.column] : undefined, raw));

/** @throws Fault `request-invalid` when the cell does not fit the column */
export const rawCell = (cell: unknown, { column, type, above }: RawColumn): RawCell => {
  if (isMissing(cell)) return type === 'text' ? '' : Number.NaN;
  if (type === 'text') return categoryOf(cell);
  const value = type === 'date' ? parseTime(cell) : parseNumber(cell);
  if (value === null) {
    const wanted = type === 'date' ? 'a date such as 2026-11-24T17:30:00Z' : 'a number';
    throw requestInvalid(`The column “${column}” takes ${wanted}, and ${JSON.stringify(cell)} is none.`);
  }
  if (above !== undefined && value <= above) {
    throw requestInvalid(`The column “${column}” takes a number above ${above}, and ${value} is not.`);
  }
  return value;
};

/** Longer texts are watched by their beginning. */
const WATCHED_LENGTH = 64;

/** A cell as it is watched and as samples of it are kept: a long text only by its beginning. */
export const watchedCell = (cell: RawCell): RawCell =>
  typeof cell === 'string' ? ownText(cell.slice(0, WATCHED_LENGTH)) : cell;

/** How many numbers a column becomes. */
export const widthOf = (transform: ColumnTransform): number => {
  switch (transform.kind) {
    case 'number':
    case 'scaled':
    case 'log1p':
      return 1;
    case 'onehot':
      return transform.categories.length + (transform.others === true ? 1 : 0);
    case 'hash':
      return transform.buckets;
    case 'bucket':
      return transform.boundaries.length + 1;
    case 'date':
      return transform.fill.length;
  }
};
