import type { EncodedPicture } from './decode-messages.ts';
import type { Raster } from './raster.ts';

/** A data set of pictures with one class each, before they have one size. Rows are numbered from 0. */
export interface ImageRows {
  /** What a row is called in a report: the path of its file, or its number in a larger one. */
  readonly names: readonly string[];
  /** Class names in index order. */
  readonly classes: readonly string[];
  /** Class index of each row. */
  readonly labels: Uint32Array;
  /** Rows from this one on are the data set's own test part; null when it has none. */
  readonly testFrom: number | null;
  /** @throws Fault `dataset-unreadable` that names the file */
  readonly raster: (row: number) => Raster;
  /** The file of a row, where each has one of its own that takes time to decode; null for those that are pixels already. */
  readonly encoded: ((row: number) => EncodedPicture) | null;
  /** What a person should know about how the data was read. */
  readonly notes: readonly string[];
}

/** Class names in the order that gives them their index: as numbers when all are, else by code point. */
export const orderClasses = (names: Iterable<string>): string[] => {
  const unique = [...new Set(names)];
  const numeric = unique.every((name) => /^-?\d+(\.\d+)?$/.test(name));
  return unique.sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1));
};

/** The lines of a list of names, without empty ones. */
export const readLines = (bytes: Buffer): string[] =>
  bytes
    .toString('utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
