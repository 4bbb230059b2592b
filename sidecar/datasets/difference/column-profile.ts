import type { ColumnType } from '../../contract/data-difference.ts';
import type { Random } from '../../statistics/random.ts';
import { categoryOf, isMissing, ownText, parseNumber, type Cell } from '../cells.ts';
import { parseDate } from '../dates.ts';
import { createMoments, type Moments } from '../moments.ts';

/** With more different values a column is no category. */
export const MOST_CATEGORIES = 1_000;

/** What can be counted of a column whatever the order of its rows. */
export interface ColumnCounts {
  readonly type: ColumnType;
  /** Rows with a value, and without one. */
  readonly rows: number;
  readonly missing: number;
  /** Rows of each value, as `categoryOf` has it; null where there are too many different ones. */
  readonly categories: ReadonlyMap<string, number> | null;
}

export interface ColumnCounter {
  /** @returns the number in the cell; null where it holds none */
  readonly see: (cell: Cell) => number | null;
  readonly finish: () => ColumnCounts;
}

export const countColumn = (): ColumnCounter => {
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
    see: (cell) => {
      if (isMissing(cell)) {
        missing += 1;
        return null;
      }
      rows += 1;
      const number = typeof cell === 'boolean' ? null : parseNumber(cell);
      type = widen(type, cell, number);
      count(categoryOf(cell));
      return number;
    },
    finish: () => ({ type, rows, missing, categories }),
  };
};

/** Of the rows of both. */
export const addCounts = (some: ColumnCounts, others: ColumnCounts): ColumnCounts => ({
  type: joinTypes(some.type, others.type),
  rows: some.rows + others.rows,
  missing: some.missing + others.missing,
  categories: addCategories(some.categories, others.categories),
});

/**
 * Of all rows without some of them. The type stays that of all; where others are to be added that are among the same
 * rows, it is theirs as well.
 */
export const takeCounts = (all: ColumnCounts, some: ColumnCounts): ColumnCounts => ({
  type: all.type,
  rows: all.rows - some.rows,
  missing: all.missing - some.missing,
  categories: takeCategories(all.categories, some.categories),
});

/** Too many different ones are too many still: those that were taken are told apart elsewhere. */
const takeCategories = (
  all: ColumnCounts['categories'],
  some: ColumnCounts['categories'],
): ColumnCounts['categories'] => {
  if (all === null || some === null) return null;
  const left = new Map([...all].map(([name, rows]) => [name, rows - (some.get(name) ?? 0)]));
  for (const [name, rows] of left) if (rows === 0) left.delete(name);
  return left;
};

const addCategories = (
  some: ColumnCounts['categories'],
  others: ColumnCounts['categories'],
): ColumnCounts['categories'] => {
  if (some === null || others === null) return null;
  const all = new Map(some);
  for (const [name, rows] of others) all.set(name, (all.get(name) ?? 0) + rows);
  return all.size > MOST_CATEGORIES ? null : all;
};

/** What one reading of a column leaves, whatever its length. */
export interface ColumnProfile extends ColumnCounts {
  /** Of all its numbers. */
  readonly moments: Moments;
  /** Numbers of a random sample of rows, NaN where a row has none. */
  readonly sample: Float64Array;
}

export interface ColumnProfiler {
  /** @param slot place in the sample that the row takes, −1 for none */
  readonly see: (cell: Cell, slot: number) => void;
  readonly finish: () => ColumnProfile;
}

/** @param sampleRows size of the sample at most */
export const profileColumn = (sampleRows: number): ColumnProfiler => {
  const counter = countColumn();
  const moments = createMoments();
  const sample: number[] = [];
  return {
    see: (cell, slot) => {
      const number = counter.see(cell);
      if (number !== null) moments.see(number);
      if (slot >= 0) sample[slot] = number ?? Number.NaN;
    },
    finish: () => ({ ...counter.finish(), moments, sample: Float64Array.from(sample.slice(0, sampleRows)) }),
  };
};

/** The narrowest type that holds what was there so far and one cell more. */
const widen = (type: ColumnType, cell: Cell, number: number | null): ColumnType =>
  type === 'text' ? type : joinTypes(type, typeOf(cell, number, type));

/** The narrowest type that holds the values of both. */
const joinTypes = (one: ColumnType, other: ColumnType): ColumnType => {
  if (one === other || other === 'empty') return one;
  if (one === 'empty') return other;
  return isNumeric(one) && isNumeric(other) ? 'number' : 'text';
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
