import type { Hash } from '../../../../sidecar/contract/ids.ts';
import type { Cell } from '../../../../sidecar/datasets/cells.ts';
import { readCsv } from '../../../../sidecar/datasets/csv.ts';
import type { ComparedTable } from '../../../../sidecar/datasets/difference/row-details.ts';
import { compareTables, type TableOrder } from '../../../../sidecar/datasets/difference/table-difference.ts';
import { readJsonLines } from '../../../../sidecar/datasets/json-lines.ts';
import { readParquet } from '../../../../sidecar/datasets/parquet.ts';
import type { TableReader } from '../../../../sidecar/datasets/table-reader.ts';
import { freshFolder } from '../../versions/fresh-folder.ts';

export interface TestTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A table in memory, in pieces of a few rows as a file is read. */
export const tableOf = ({ header, rows }: TestTable, size = rows.length * 40): ComparedTable => ({
  size,
  read: async function* () {
    await Promise.resolve();
    for (let at = 0; at < rows.length || at === 0; at += 7)
      yield { header, first: at + 1, rows: rows.slice(at, at + 7) };
  },
});

const readers = { csv: readCsv, jsonl: readJsonLines, parquet: readParquet } satisfies Record<string, TableReader>;

/** A table as its reader reads it from the bytes of a file. */
export const tableFrom = (kind: keyof typeof readers, bytes: string | Uint8Array): ComparedTable => {
  const whole = Buffer.from(bytes as Uint8Array);
  const objects = {
    pieces: function* () {
      for (let at = 0; at < whole.length; at += 11) yield whole.subarray(at, at + 11);
    },
    open: () => ({
      bytes: whole.length,
      read: (start: number, end: number) => Uint8Array.from(whole.subarray(start, end)).buffer,
      close: () => undefined,
    }),
  };
  return {
    size: whole.length,
    read: async function* (signal) {
      yield* readers[kind]({ shown: `t.${kind}`, size: whole.length, content: '' as Hash }, objects, signal);
    },
  };
};

/** The difference with everything looked for by itself. */
export const difference = (
  from: ComparedTable,
  to: ComparedTable,
  {
    key = [],
    target = null,
    likelyTarget = null,
    note = () => undefined,
  }: Partial<Pick<TableOrder, 'key' | 'target' | 'likelyTarget' | 'note'>> = {},
) =>
  compareTables(
    { file: 't.csv', from, to, key, target, likelyTarget, folder: freshFolder(), note },
    new AbortController().signal,
  );
