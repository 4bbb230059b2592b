import type { RawCell } from '../datasets/raw-columns.ts';

/** Rows as a model takes them, one behind the other: numbers, or the cells of a table's raw columns. */
export type RowValues = Float32Array | readonly RawCell[];

/** The values from one place up to, not including, another. */
export const sliceValues = (values: RowValues, from: number, to: number): RowValues =>
  values instanceof Float32Array ? values.subarray(from, to) : values.slice(from, to);

/** All of them in one, in a buffer of its own. Values of one model are of one kind. */
export const joinValues = (parts: readonly RowValues[], length: number): RowValues => {
  if (!(parts[0] instanceof Float32Array)) return parts.flatMap((part) => [...part]);
  const joined = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part as Float32Array, at);
    at += part.length;
  }
  return joined;
};
