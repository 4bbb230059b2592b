import type { Cell } from '../cells.ts';
import type { Found } from './condition.ts';

/** Looks at the rows of a table, one after the other, for one condition. */
export interface RowExaminer {
  /** Called once, before the first row. */
  readonly begin: (header: readonly string[]) => void;
  readonly see: (cells: readonly Cell[], row: number) => void;
  readonly finish: (rows: number) => Found;
}

export const MOST_EXAMPLES = 5;
const LONGEST_VALUE = 80;

/** Keeps the first few of what breaks a condition, and counts all. */
export const createBreaks = () => {
  const examples: { at: string; value: string | null }[] = [];
  let count = 0;
  return {
    add: (at: string, value: string | null): void => {
      count += 1;
      if (examples.length < MOST_EXAMPLES) examples.push({ at, value: value === null ? null : cut(value) });
    },
    count: () => count,
    examples: () => examples,
  };
};

const cut = (text: string): string => (text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);

/** A value as a sentence says it. */
export const shown = (cell: Cell | undefined): string | null =>
  cell === null || cell === undefined || cell === '' ? null : String(cell);

export const some = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;

/** `3 of 500 rows break it, the first in row 17: 131.` */
export const breaksSentence = (breaks: ReturnType<typeof createBreaks>, of: number, what: string): string => {
  const [first] = breaks.examples();
  if (first === undefined) return `${some(of, what)}, none breaks it.`;
  const value = first.value === null ? '' : `: ${first.value}`;
  const verb = breaks.count() === 1 ? 'breaks' : 'break';
  return `${breaks.count().toLocaleString('en')} of ${some(of, what)} ${verb} it, the first ${first.at}${value}.`;
};
