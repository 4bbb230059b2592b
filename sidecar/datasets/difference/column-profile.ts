import type { ColumnType } from '../../contract/data-difference.ts';
import type { Random } from '../../statistics/random.ts';
import { categoryOf, isMissing, ownText, parseNumber, type Cell } from '../cells.ts';
import { parseDate } from '../dates.ts';
import { createMoments, type Moments } from '../moments.ts';

/** With more different values a column is no category. */
export const MOST_CATEGORIES = 1_000;

/** What one reading of a column leaves, whatever its length. */
export interface ColumnProfile {
  readonly type: ColumnType;
  /** Rows with a value, and without one. */
  readonly rows: number;
  readonly missing: number;
  /** Of all its numbers. */
  readonly moments: Moments;
  /** Numbers of a random sample of rows, NaN where a row has none. */
  readonly sample: Float64Array;
  /** Rows of each value, as `categoryOf` has it; null where there are too many different ones. */
  readonly categories: ReadonlyMap<string, number> | null;
}

export interface ColumnProfiler {
  /** @param slot place in the sample that the row takes, −1 for none */
  readonly see: (cell: Cell, slot: number) => void;
  readonly finish: () => ColumnProfile;
}

/** @param sampleRows size of the sample at most */
export const profileColumn = (sampleRows: number): ColumnProfiler => {
  const moments = createMoments();
  const sample: number[] = [];
  let categories: Map<string, number> | null = new Map();
  let type: ColumnType = 'empty';
  let rows = 0;
  let missing = 0;

  const count = (text: string): void => {
    if (categories === null) return;
    const known = categories.get(text);
    if (known !== undefined) categories.set(text, known + 1);
    else if (categories.size === MOST_CATEGORIES) categories = null;
    else categories.set(ownText(text), 1);
  };
  return {
    see: (cell, slot) => {
      if (isMissing(cell)) {
        missing += 1;
        if (slot >= 0) sample[slot] = Number.NaN;
        return;
      }
      rows += 1;
      const number = typeof cell === 'boolean' ? null : parseNumber(cell);
      type = widen(type, cell, number);
      if (number !== null) moments.see(number);
      if (slot >= 0) sample[slot] = number ?? Number.NaN;
      count(categoryOf(cell));
    },
    finish: () => ({
      type,
      rows,
      missing,
      moments,
      sample: Float64Array.from(sample.slice(0, sampleRows)),
      categories,
    }),
  };
};

/** The narrowest type that holds what was there so far and one cell more. */
const widen = (type: ColumnType, cell: Cell, number: number | null): ColumnType => {
  if (type === 'text') return type;
  const own = typeOf(cell, number, type);
  if (type === 'empty' || type === own) return own;
  return isNumeric(type) && isNumeric(own) ? 'number' : 'text';
};

const isNumeric = (type: ColumnType): boolean => type === 'integer' || type === 'number';

const typeOf = (cell: Cell, number: number | null, before: ColumnType): ColumnType => {
  // A fraction among numbers cannot make an integer of them again: no need to look.
  if (number !== null) return before === 'number' || !isWhole(cell, number) ? 'number' : 'integer';
  if (typeof cell === 'boolean' || isBoolean.test(String(cell))) return 'boolean';
  return parseDate(cell) === null ? 'text' : 'date';
};

const isBoolean = /^(true|false)$/i;

/** `3.0` in a text is written as a fraction. */
const isWhole = (cell: Cell, number: number): boolean =>
  Number.isInteger(number) && (typeof cell === 'number' || /^\s*[+-]?\d+\s*$/.test(String(cell)));

/** Chooses rows for a sample of fixed size, each with equal chance (Vitter, 1985, algorithm R). */
export const createRowSampler = (size: number, random: Random): (() => number) => {
  let seen = 0;
  return () => {
    seen += 1;
    if (seen <= size) return seen - 1;
    const slot = Math.floor(random.next() * seen);
    return slot < size ? slot : -1;
  };
};
