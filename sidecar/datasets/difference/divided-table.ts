import type { Cell } from '../cells.ts';
import type { OpenContent } from '../../versions/tree/contents.ts';
import type { DifferingRange, FileParts } from '../../versions/tree/differing-ranges.ts';
import type { TableFile } from '../table-reader.ts';
import type { ColumnCounts } from './column-profile.ts';
import type { KnownRuns } from './known-runs.ts';
import type { Names } from './row-names.ts';

/** Some rows that lie next to each other. */
export type Rows = readonly (readonly Cell[])[];

/** A part of a table that can be read again and again. */
export interface TablePart {
  /** @throws Fault `dataset-unreadable` */
  readonly rows: () => AsyncIterable<Rows> | Iterable<Rows>;
}

/** Rows that both tables have, in the same order. */
export interface CommonPart extends TablePart {
  /**
   * Looks for rows with one of the names: calls `see` with them and their places from 0, in order. Comes back now and
   * then with the number of rows that were passed since.
   * @throws Fault `dataset-unreadable`
   */
  readonly find: (
    names: Names,
    see: (cells: readonly Cell[], at: number) => void,
  ) => AsyncIterable<number> | Iterable<number>;
  /**
   * Counts in columns of all its rows, some at a time, in the order of the columns.
   * @throws Fault `dataset-unreadable`
   */
  readonly count: (
    columns: readonly number[],
  ) => AsyncIterable<readonly ColumnCounts[]> | Iterable<readonly ColumnCounts[]>;
}

/** Rows of either table that may differ, between two parts that do not. */
export interface DifferingPart {
  readonly from: TablePart;
  readonly to: TablePart;
}

/**
 * Two tables with equal columns as parts in their order, each of whole rows: those that are known to be equal by the
 * names of their bytes, and those that may differ.
 */
export interface DividedTables {
  readonly parts: readonly ({ readonly common: CommonPart } | { readonly differing: DifferingPart })[];
  /** Bytes of the parts that may differ, on the side where they have more. */
  readonly differingBytes: number;
}

/** Why two tables are not divided: words that end a sentence. */
export interface Undivided {
  readonly undivided: string;
}

/** Two open files, and where they differ. */
export interface OpenTables {
  /** Pieces of the older one. */
  readonly pieces: FileParts;
  readonly runs: KnownRuns;
  readonly from: OpenContent;
  readonly to: OpenContent;
  readonly files: { readonly from: TableFile; readonly to: TableFile };
  /** In ascending order; what is between them is equal. */
  readonly ranges: readonly DifferingRange[];
  /** Columns of both, in one order. */
  readonly header: readonly string[];
  /** Bytes that may differ on either side. */
  readonly mostBytes: number;
  /** Told of bytes that were looked through for rows with the names of others. */
  readonly seen: (bytes: number) => void;
}
