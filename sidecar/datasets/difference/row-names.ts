import { hash } from 'node:crypto';
import type { Cell } from '../cells.ts';

/** Bytes of a name: half a SHA-256, so that no two rows of any table share one, by chance or by intent. */
export const NAME_BYTES = 16;

/** The text of a cell by which it is compared: `3` and `"3"` are equal, a missing value and an empty text are not. */
export const cellText = (cell: Cell | undefined): string | null =>
  cell === null || cell === undefined ? null : String(cell);

/**
 * The name of some cells of a row, in the given order of columns; equal cells have equal names. Its bytes are the
 * characters of a text, which takes less memory than a buffer.
 */
export const nameCells = (cells: readonly Cell[], columns: readonly number[]): string =>
  hash('sha256', JSON.stringify(columns.map((column) => cellText(cells[column]))), 'binary').slice(0, NAME_BYTES);

/** The part of `parts` that a name belongs to. */
export const partOfName = (name: string, parts: number): number =>
  (name.charCodeAt(0) + 256 * name.charCodeAt(1) + 65_536 * name.charCodeAt(2)) % parts;
