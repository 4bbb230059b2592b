/** What one place of a table holds, whatever the format of its file. Dates of Parquet come as ISO 8601 text. */
export type Cell = string | number | boolean | null;

/** Texts that stand for a missing value, as pandas reads them, and the question mark of the UCI archive. */
const missing = new Set(['', '?', 'na', 'n/a', '#n/a', '<na>', 'nan', '-nan', 'null', 'none']);

/** Whether a cell of a table, or a field of a request, holds no value. */
export const isMissing = (cell: unknown): boolean =>
  cell === null ||
  cell === undefined ||
  (typeof cell === 'number' && Number.isNaN(cell)) ||
  (typeof cell === 'string' && (cell === '' || (cell.length <= 8 && missing.has(cell.trim().toLowerCase()))));

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** @returns null when it is no finite number in decimal notation */
export const parseNumber = (cell: unknown): number | null => {
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  const value = typeof cell === 'string' && decimal.test(cell.trim()) ? Number(cell) : cell;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

/**
 * The same text in memory of its own. One that was cut out of a larger text keeps all of that alive, and a few thousand
 * of them a whole file.
 */
export const ownText = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');

/** The text by which a category is known: `3` and `"3"` are one category. */
export const categoryOf = (cell: unknown): string => (typeof cell === 'string' ? cell.trim() : JSON.stringify(cell));
