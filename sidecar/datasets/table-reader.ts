import { dataUnreadable } from '../faults.ts';
import type { Contents } from '../versions/tree/contents.ts';
import type { VersionFile } from '../versions/tree/version.ts';
import type { Cell } from './cells.ts';

/** A file with a table in it. */
export interface TableFile extends Pick<VersionFile, 'content' | 'size'> {
  /** How it is named in messages. */
  readonly shown: string;
}

/** Some rows that lie next to each other. */
export interface TableRows {
  /** Column names; the first may be empty, as pandas writes an index. */
  readonly header: readonly string[];
  /** Number of the first row, from 1. */
  readonly first: number;
  /** As many cells a row as there are columns. */
  readonly rows: readonly (readonly Cell[])[];
}

/** Reads a table in pieces of a few thousand rows, without holding it. */
export type TableReader = (
  file: TableFile,
  contents: Pick<Contents, 'pieces' | 'open'>,
  signal: AbortSignal,
) => AsyncIterable<TableRows> | Iterable<TableRows>;

/** Names that can be told apart. @throws Fault `dataset-unreadable` */
export const checkHeader = (names: readonly string[], shown: string): readonly string[] => {
  const header = names.map((name) => name.trim());
  const unnamed = header.indexOf('', 1);
  if (unnamed > 0) throw dataUnreadable(shown, `its column ${unnamed + 1} has no name`);
  const twice = header.find((name, at) => header.indexOf(name) !== at);
  if (twice !== undefined) throw dataUnreadable(shown, `it has two columns named “${twice}”`);
  return header;
};
