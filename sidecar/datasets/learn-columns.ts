import type { ColumnTransform } from '../contract/features.ts';
import { categoryOf, isMissing, parseNumber } from './cells.ts';

/** Share of cells that must be numbers for a column to be one; the others are then errors and not categories. */
const NUMERIC_SHARE = 0.95;
/** Most categories that become columns of their own, the most frequent ones. */
const MOST_CATEGORIES = 100;
/** Different texts that are counted; a column with more is text and not a category. */
const MOST_COUNTED = 10_000;

export interface LearnedColumns {
  readonly columns: readonly ColumnTransform[];
  /** Per number of an encoded row; 0 and 1 for categories. */
  readonly normalization: { readonly mean: number[]; readonly std: number[] };
  readonly notes: readonly string[];
}

export interface ColumnLearner {
  /** Takes one training row; rows of other parts must not come here. */
  readonly see: (cells: readonly string[]) => void;
  readonly learn: () => LearnedColumns;
}

/**
 * Learns how each column becomes numbers, from the rows it is shown and nothing else.
 * @param header names of all columns; null for one that is no feature
 */
export const createColumnLearner = (header: readonly (string | null)[]): ColumnLearner => {
  const tallies = header.flatMap((column, at) => (column === null ? [] : [{ at, tally: createTally(column) }]));
  let rows = 0;
  return {
    see: (cells) => {
      rows += 1;
      for (const { at, tally } of tallies) tally.see(cells[at] ?? '');
    },
    learn: () => {
      const learned = tallies.map(({ tally }) => tally.learn(rows));
      return {
        columns: learned.flatMap((column) => ('transform' in column ? [column.transform] : [])),
        normalization: {
          mean: learned.flatMap((column) => ('transform' in column ? column.mean : [])),
          std: learned.flatMap((column) => ('transform' in column ? column.std : [])),
        },
        notes: learned.flatMap((column) => ('note' in column ? [column.note] : [])),
      };
    },
  };
};

type Learned =
  | { readonly transform: ColumnTransform; readonly mean: number[]; readonly std: number[]; readonly note?: never }
  | { readonly note: string };

const createTally = (column: string) => {
  let present = 0;
  let numbers = 0;
  let mean = 0;
  let squares = 0;
  const counts = new Map<string, number>();

  const see = (cell: string): void => {
    if (isMissing(cell)) return;
    present += 1;
    const category = categoryOf(cell);
    const seen = counts.get(category);
    if (seen !== undefined || counts.size < MOST_COUNTED) counts.set(category, (seen ?? 0) + 1);
    const value = parseNumber(cell);
    if (value === null) return;
    // Welford's recurrence: exact enough for columns with a large mean and a small deviation.
    numbers += 1;
    const step = value - mean;
    mean += step / numbers;
    squares += step * (value - mean);
  };
  /** Filled cells count as the mean, so they narrow the deviation as they do in training. */
  const learnNumber = (rows: number): Learned => {
    const deviation = Math.sqrt(squares / rows);
    const std = deviation > 0 && Number.isFinite(deviation) ? deviation : 1;
    return { transform: { kind: 'number', column, fill: mean }, mean: [mean], std: [std] };
  };
  const learnCategories = (): Learned => {
    if (counts.size > MOST_CATEGORIES && counts.size > present / 2) {
      return { note: `The column “${column}” has a different text in most rows and is no feature.` };
    }
    const categories = [...counts]
      .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
      .slice(0, MOST_CATEGORIES)
      .map(([category]) => category);
    const mean = categories.map(() => 0);
    return { transform: { kind: 'onehot', column, categories }, mean, std: categories.map(() => 1) };
  };
  return {
    see,
    learn: (rows: number): Learned => {
      if (present === 0) return { note: `The column “${column}” is empty in all training rows and is no feature.` };
      return numbers >= present * NUMERIC_SHARE ? learnNumber(rows) : learnCategories();
    },
  };
};
