import { extname } from 'node:path/posix';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { dataUnreadable, datasetEmpty } from '../faults.ts';
import type { Contents } from '../versions/tree/contents.ts';
import type { Manifest, VersionFile } from '../versions/tree/version.ts';
import { readCsv } from './csv.ts';
import { readJsonLines } from './json-lines.ts';
import { readParquet } from './parquet.ts';
import type { TableReader, TableRows } from './table-reader.ts';

type TableKind = 'csv' | 'jsonl' | 'parquet';

const kinds: Readonly<Record<string, TableKind>> = {
  '.csv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
};

const readers: Readonly<Record<TableKind, TableReader>> = {
  csv: readCsv,
  jsonl: readJsonLines,
  parquet: readParquet,
};

/** Reads files with names that end so; null when they hold no table. */
export const tableReaderOf = (path: string): TableReader | null => {
  const kind = tableKindOf(path);
  return kind === null ? null : readers[kind];
};

/** By the ending of its name; null for a file that is no table. */
export const tableKindOf = (path: string): TableKind | null => kinds[extname(path).toLowerCase()] ?? null;

/** By the ending of its name. @throws RangeError for a file that is no table */
export const tableKind = (path: string): TableKind => {
  const kind = tableKindOf(path);
  if (kind === null) throw new RangeError(`${path} is no table.`);
  return kind;
};

/** The one table of a data set; null when it holds none or several. */
export const findTable = ({ files }: Manifest): VersionFile | null => {
  const [only, ...others] = files.filter(({ path }) => tableKindOf(path) !== null);
  return only === undefined || others.length > 0 ? null : only;
};

/** A table that can be read again and again, always the same rows in the same order. */
export interface Table {
  readonly shown: string;
  /**
   * @throws Fault `dataset-unreadable` that names the row, `dataset-empty` when there is none, the signal's reason
   */
  readonly read: (signal: AbortSignal) => AsyncGenerator<TableRows, void>;
}

/** @param path of the data set in the workspace, for messages */
export const openTable = (manifest: Manifest, contents: Pick<Contents, 'pieces' | 'open'>, path: string): Table => {
  const found = findTable(manifest);
  if (found === null) throw dataUnreadable(path, 'it holds no table, or several');
  const read = readers[tableKind(found.path)];
  const shown = manifest.type === 'file' ? path : `${path}/${found.path}`;
  return {
    shown,
    read: async function* (signal) {
      let rows = 0;
      for await (const piece of read({ ...found, shown }, contents, signal)) {
        // An abort is heard between two turns of the event loop only.
        await nextTurn();
        signal.throwIfAborted();
        rows += piece.rows.length;
        yield piece;
      }
      if (rows === 0) throw datasetEmpty(shown);
    },
  };
};
