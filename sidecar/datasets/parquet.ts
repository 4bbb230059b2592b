import {
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
  type RowGroup,
  type SchemaElement,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { dataUnreadable, Fault } from '../faults.ts';
import type { OpenContent } from '../versions/tree/contents.ts';
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
    const { header, groups } = await openParquet(opened, file);
    for (const { first, read } of groups) {
      signal.throwIfAborted();
      let row = first;
      for (const rows of await read([...header.keys()])) {
        yield { header, first: row, rows };
        row += rows.length;
      }
    }
  } finally {
    opened.close();
  }
};

/** A Parquet file of which only the footer was read. */
export interface OpenParquet {
  readonly header: readonly string[];
  readonly groups: readonly ParquetGroup[];
  readonly metadata: FileMetaData;
}

/** A row group, as the footer tells of it. */
export interface ParquetGroup {
  /** Number of its first row, from 1. */
  readonly first: number;
  readonly rows: number;
  readonly about: RowGroup;
  /** Whether the cells of a column are numbers as its statistics have them, and not times or fractions. */
  readonly isNumber: (column: number) => boolean;
  /**
   * Its rows, a few thousand at a time; cells of other columns are missing.
   * @throws Fault `dataset-unreadable`
   */
  readonly read: (columns: readonly number[]) => Promise<Iterable<Cell[][]>>;
}

/** @throws Fault `dataset-unreadable` */
export const openParquet = async (opened: OpenContent, file: TableFile): Promise<OpenParquet> => {
  const source: AsyncBuffer = {
    byteLength: opened.bytes,
    slice: (start, end = opened.bytes) => opened.read(start, end),
  };
  const metadata = await explained(file, async () => parquetMetadataAsync(source));
  const names = namesOf(metadata, file);
  const header = checkHeader(names, file.shown);
  const elements = parquetSchema(metadata).children.map(({ element }) => element);
  let from = 0;
  const groups = metadata.row_groups.map((about): ParquetGroup => {
    const range = { source, metadata, from, to: from + Number(about.num_rows) };
    from = range.to;
    return {
      first: range.from + 1,
      rows: range.to - range.from,
      about,
      isNumber: (column) => isPlainNumber(elements[column]),
      read: async (columns) => {
        const wanted = columns.map((column) => names[column] ?? '');
        const rows = await explained(file, async () => readRows({ ...range, columns: wanted }));
        return cellsOf(rows, { header, columns, file, first: range.from + 1 });
      },
    };
  });
  return { header, groups, metadata };
};

interface Range {
  readonly source: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly from: number;
  readonly to: number;
  /** Names of columns as the file has them. */
  readonly columns: string[];
}

const readRows = async ({ source, metadata, from, to, columns }: Range): Promise<readonly (readonly unknown[])[]> => {
  let rows: readonly (readonly unknown[])[] = [];
  await parquetRead({
    file: source,
    metadata,
    columns,
    compressors,
    rowStart: from,
    rowEnd: to,
    onComplete: (read: unknown[][]) => {
      rows = read;
    },
  });
  return rows;
};

interface Cells {
  readonly header: readonly string[];
  /** The columns that were read, in this order. */
  readonly columns: readonly number[];
  readonly file: TableFile;
  /** Number of the first row. */
  readonly first: number;
}

const cellsOf = function* (
  rows: readonly (readonly unknown[])[],
  { header, columns, file, first }: Cells,
): Generator<Cell[][], void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    yield rows.slice(at, at + ROWS_AT_ONCE).map((values, index) => {
      const cells = new Array<Cell>(header.length).fill(null);
      const row = first + at + index;
      columns.forEach((column, place) => {
        cells[column] = toCell(values[place], { file, row, name: header[column] ?? '' });
      });
      return cells;
    });
  }
};

const isPlainNumber = (element: SchemaElement | undefined): boolean => {
  if (element === undefined || !['INT32', 'INT64', 'FLOAT', 'DOUBLE'].includes(element.type ?? '')) return false;
  const { converted_type: converted, logical_type: logical } = element;
  return /^U?INT_|^$/.test(converted ?? '') && (logical === undefined || logical.type === 'INTEGER');
};

const namesOf = (metadata: FileMetaData, { shown }: TableFile): readonly string[] => {
  const { children } = parquetSchema(metadata);
  const nested = children.find(
    ({ children: inner, element }) => inner.length > 0 || element.repetition_type === 'REPEATED',
  );
  if (nested !== undefined) throw dataUnreadable(shown, `its column “${nested.element.name}” holds lists or objects`);
  return children.map(({ element }) => element.name);
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
