import { parquetMetadataAsync, parquetRead, parquetSchema, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { dataUnreadable, Fault } from '../faults.ts';
import type { Cell } from './cells.ts';
import { checkHeader, type TableFile, type TableReader } from './table-reader.ts';

const ROWS_AT_ONCE = 2048;

/**
 * Apache Parquet, one row group after the other: as much is held as one of them unpacked. Columns are plain values;
 * 64-bit integers become numbers, or text where a number could not hold them, and dates and times ISO 8601 text.
 */
export const readParquet: TableReader = async function* (file, contents, signal) {
  const opened = contents.open(file);
  try {
    const source: AsyncBuffer = {
      byteLength: opened.bytes,
      slice: (start, end = opened.bytes) => opened.read(start, end),
    };
    const metadata = await explained(file, async () => parquetMetadataAsync(source));
    const header = columnsOf(metadata, file);
    let from = 0;
    for (const group of metadata.row_groups) {
      signal.throwIfAborted();
      const to = from + Number(group.num_rows);
      const rows = await explained(file, async () => readRows({ source, metadata, from, to }));
      for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
        const first = from + at + 1;
        const some = rows.slice(at, at + ROWS_AT_ONCE);
        yield {
          header,
          first,
          rows: some.map((values, index) =>
            header.map((name, column) => toCell(values[column], { file, row: first + index, name })),
          ),
        };
      }
      from = to;
    }
  } finally {
    opened.close();
  }
};

interface Range {
  readonly source: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly from: number;
  readonly to: number;
}

const readRows = async ({ source, metadata, from, to }: Range): Promise<readonly (readonly unknown[])[]> => {
  let rows: readonly (readonly unknown[])[] = [];
  await parquetRead({
    file: source,
    metadata,
    compressors,
    rowStart: from,
    rowEnd: to,
    onComplete: (read: unknown[][]) => {
      rows = read;
    },
  });
  return rows;
};

const columnsOf = (metadata: FileMetaData, { shown }: TableFile): readonly string[] => {
  const { children } = parquetSchema(metadata);
  const nested = children.find(
    ({ children: inner, element }) => inner.length > 0 || element.repetition_type === 'REPEATED',
  );
  if (nested !== undefined) throw dataUnreadable(shown, `its column “${nested.element.name}” holds lists or objects`);
  return checkHeader(
    children.map(({ element }) => element.name),
    shown,
  );
};

interface Place {
  readonly file: TableFile;
  readonly row: number;
  readonly name: string;
}

const toCell = (value: unknown, { file, row, name }: Place): Cell => {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'undefined':
      return null;
    case 'bigint':
      // As text two large numbers that differ in the last digit, such as keys, are two.
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    default:
  }
  if (value === null) return null;
  if (value instanceof Date) return value.toISOString();
  throw dataUnreadable(file.shown, `row ${row} has bytes or an object as “${name}”`);
};

const explained = async <Result>({ shown }: TableFile, read: () => Promise<Result>): Promise<Result> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw dataUnreadable(
      shown,
      `it is a damaged Parquet file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};
