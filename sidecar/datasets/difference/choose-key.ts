import type { Cell } from '../cells.ts';
import { isMissing, parseNumber } from '../cells.ts';
import { cellText } from './row-names.ts';

/** The beginning of a table: enough to guess by. */
export interface TableHead {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Names that people give to what tells rows apart. */
const keyLike = /^(id|key|uuid|guid|index|row_?id)$|[_\s-]id$|[a-z]Id$/i;
/** Longer texts are contents, not names. */
const LONGEST_KEY = 200;

/**
 * Columns that may name the rows of both tables, the likeliest first: each is set and different in all rows of both
 * heads. One that is not called like a key must also hold mostly the same values on both sides, since in a small table
 * measurements happen to differ too. Whether a column is unique to the end is for the reader of the whole to see.
 * @param target never a key
 */
export const keyCandidates = (from: TableHead, to: TableHead, target: string | null): readonly string[] => {
  const shared = from.header.filter((name) => name !== target && to.header.includes(name));
  const found = shared.flatMap((name, at) => {
    const old = uniqueValues(from, name);
    const now = uniqueValues(to, name);
    if (old === null || now === null) return [];
    const smaller = Math.min(old.size, now.size);
    const kept = smaller === 0 ? 0 : [...now].filter((value) => old.has(value)).length / smaller;
    const named = keyLike.test(name);
    return named || kept >= 0.5 ? [{ name, at, kept, named }] : [];
  });
  return found
    .sort((a, b) => Number(b.named) - Number(a.named) || b.kept - a.kept || a.at - b.at)
    .map(({ name }) => name);
};

/** The values of a column; null when one is missing, repeated, long or a fraction. */
const uniqueValues = ({ header, rows }: TableHead, name: string): ReadonlySet<string> | null => {
  const column = header.indexOf(name);
  const values = new Set<string>();
  for (const row of rows) {
    const cell = row[column];
    const text = cellText(cell);
    if (text === null || isMissing(cell) || text.length > LONGEST_KEY || values.has(text)) return null;
    const number = parseNumber(cell);
    if (number !== null && !Number.isInteger(number)) return null;
    values.add(text);
  }
  return values;
};

/** Names that people give to what is predicted. */
const targetLike = ['label', 'target', 'class', 'y'];

/** The column that is called like a target in both tables; null when there is none. @param likely tried first */
export const guessTarget = (likely: string | null, from: readonly string[], to: readonly string[]): string | null => {
  if (likely !== null && from.includes(likely) && to.includes(likely)) return likely;
  for (const like of targetLike) {
    const found = to.find((name) => name.toLowerCase() === like && from.includes(name));
    if (found !== undefined) return found;
  }
  return null;
};
