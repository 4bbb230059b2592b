import type { ColumnTransform, Features } from '../contract/features.ts';
import { requestInvalid } from '../faults.ts';
import { categoryOf, isMissing, parseNumber } from './cells.ts';

/** How many numbers a column becomes. */
export const widthOf = (transform: ColumnTransform): number =>
  transform.kind === 'number' ? 1 : transform.categories.length;

/**
 * A row of a table as the numbers that a model takes; training and serving both come through here. A missing value
 * becomes the mean of the training rows, a category that was never seen becomes all zeros.
 * @param record values by column; columns that no transform asks for are ignored
 * @throws Fault `request-invalid` when a column of numbers holds something else
 */
export const encodeRow = (
  record: Readonly<Record<string, unknown>>,
  { columns }: Pick<Features, 'columns'>,
): Float32Array => {
  const row = new Float32Array(columns.reduce((width, transform) => width + widthOf(transform), 0));
  let at = 0;
  for (const transform of columns) {
    const cell = Object.hasOwn(record, transform.column) ? record[transform.column] : undefined;
    encodeCell(cell, transform, row, at);
    at += widthOf(transform);
  }
  return row;
};

const encodeCell = (cell: unknown, transform: ColumnTransform, row: Float32Array, at: number): void => {
  if (transform.kind === 'onehot') {
    const category = isMissing(cell) ? -1 : transform.categories.indexOf(categoryOf(cell));
    if (category !== -1) row[at + category] = 1;
    return;
  }
  const value = isMissing(cell) ? transform.fill : parseNumber(cell);
  if (value === null) {
    throw requestInvalid(`The column “${transform.column}” takes a number, and ${JSON.stringify(cell)} is none.`);
  }
  row[at] = value;
};
