import { hash } from 'node:crypto';
import type { Cell } from '../cells.ts';

/** Bytes of a name: half a SHA-256, so that no two rows of any table share one by chance. */
export const NAME_BYTES = 16;

/** The text of a cell by which it is compared: `3` and `"3"` are equal, a missing value and an empty text are not. */
export const cellText = (cell: Cell | undefined): string | null =>
  cell === null || cell === undefined ? null : String(cell);

/** The name of some cells of a row, in the given order of columns; equal cells have equal names. */
export const nameCells = (cells: readonly Cell[], columns: readonly number[]): Buffer =>
  hash('sha256', JSON.stringify(columns.map((column) => cellText(cells[column]))), 'buffer').subarray(0, NAME_BYTES);

/** The part of `parts` that a name belongs to. */
export const partOfName = (name: Buffer, parts: number): number => name.readUInt32LE(0) % parts;
