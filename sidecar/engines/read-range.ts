import type { RowSource } from './engine.ts';

/** Reads rows that lie next to each other. */
export const readRange = (
  source: RowSource,
  { from, rows }: { readonly from: number; readonly rows: number },
  inputs: Float32Array,
  targets: Float32Array,
): void =>
  source.read(
    Uint32Array.from({ length: rows }, (_, index) => from + index),
    inputs,
    targets,
  );
