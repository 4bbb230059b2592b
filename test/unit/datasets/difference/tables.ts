import type { Hash } from '../../../../sidecar/contract/ids.ts';
import type { Cell } from '../../../../sidecar/datasets/cells.ts';
import { readCsv } from '../../../../sidecar/datasets/csv.ts';
import type { ComparedTable } from '../../../../sidecar/datasets/difference/row-details.ts';
import { compareTables, type TableOrder } from '../../../../sidecar/datasets/difference/table-difference.ts';
import { readJsonLines } from '../../../../sidecar/datasets/json-lines.ts';
import { readParquet } from '../../../../sidecar/datasets/parquet.ts';
import type { TableReader } from '../../../../sidecar/datasets/table-reader.ts';
import { sha256Of } from '../../../../sidecar/versions/hash.ts';
import type { FilePart } from '../../../../sidecar/versions/tree/differing-ranges.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

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

export type TableFormat = 'csv' | 'jsonl' | 'parquet';

const readers = { csv: readCsv, jsonl: readJsonLines, parquet: readParquet } satisfies Record<TableFormat, TableReader>;

/** A table as its reader reads it from the bytes of a file. */
export const tableFrom = (kind: TableFormat, bytes: string | Uint8Array): ComparedTable => {
  const { file, contents } = sideFrom(kind, bytes);
  return {
    size: file.size,
    read: async function* (signal) {
      yield* readers[kind]({ ...file, shown: file.path }, contents, signal);
    },
  };
};

/**
 * The bytes of a file in small pieces, cut where their contents say so, and named in a list of two levels.
 * @param most bytes of a piece
 */
export const sideFrom = (kind: TableFormat, bytes: string | Uint8Array, most = 30) => {
  const whole = Buffer.from(bytes as Uint8Array);
  const chunks = cutSmall(whole, most).map((piece) => ({ id: sha256Of(piece), bytes: piece.length, level: 0 }));
  const nodes = new Map<Hash, readonly FilePart[]>();
  const contents = {
    pieces: function* () {
      for (let at = 0; at < whole.length; at += 11) yield whole.subarray(at, at + 11);
    },
    open: () => ({
      bytes: whole.length,
      read: (start: number, end: number) => Uint8Array.from(whole.subarray(start, end)).buffer,
      close: () => undefined,
    }),
    parts: () => ({
      parts: groupSmall(chunks).map((group) => {
        const id = sha256Of(JSON.stringify(group));
        nodes.set(id, group);
        return { id, bytes: group.reduce((sum, part) => sum + part.bytes, 0), level: 1 };
      }),
      below: ({ id }: FilePart) => nodes.get(id) ?? [],
    }),
  };
  return {
    file: { path: `t.${kind}`, size: whole.length, content: sha256Of(whole), executable: false },
    contents,
  };
};

const cutSmall = (bytes: Buffer, most: number): Buffer[] => {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let at = 1; at <= bytes.length; at++) {
    const [last = 0, before = 0, first = 0] = [bytes[at - 1], bytes[at - 2], bytes[at - 3]];
    const isCut = at - start > most / 10 && (last * 31 + before * 7 + first * 101) % Math.ceil(most / 3) === 0;
    if (at < bytes.length && !isCut && at - start < most) continue;
    pieces.push(bytes.subarray(start, at));
    start = at;
  }
  return pieces;
};

const groupSmall = (chunks: readonly FilePart[]): FilePart[][] => {
  const groups: FilePart[][] = [[]];
  for (const chunk of chunks) {
    groups.at(-1)?.push(chunk);
    if (Number.parseInt(chunk.id.slice(-2), 16) % 4 === 0) groups.push([]);
  }
  return groups.filter(({ length }) => length > 0);
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
    divide = () => Promise.resolve({ undivided: 'nothing divides it' }),
    log = () => undefined,
  }: Partial<Pick<TableOrder, 'key' | 'target' | 'likelyTarget' | 'note' | 'divide' | 'log'>> = {},
) =>
  compareTables(
    { file: 't.csv', from, to, key, target, likelyTarget, folder: freshFolder(), note, divide, log },
    new AbortController().signal,
  );
