import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { dataUnreadable, datasetEmpty } from '../faults.ts';
import type { Hash } from '../contract/ids.ts';
import type { Objects } from '../versions/objects.ts';

export interface CsvFile {
  readonly sha256: Hash;
  /** How it is named in messages. */
  readonly shown: string;
}

/**
 * Reads a CSV file (comma, double quotes, UTF-8 with or without a byte order mark, names in the first line) row by row,
 * without holding it.
 * @param visit is given the cells of each row and its number, from 1
 * @returns the column names
 * @throws Fault `dataset-unreadable` that names the line, or `dataset-empty`
 */
export const readCsv = async (
  file: CsvFile,
  objects: Pick<Objects, 'pieces'>,
  signal: AbortSignal,
  visit: (cells: readonly string[], row: number, header: readonly string[]) => void,
): Promise<readonly string[]> => {
  const table: { header?: readonly string[]; rows: number } = { rows: 0 };
  const parser = parse({ bom: true, skip_empty_lines: true });
  const consume = async (records: AsyncIterable<string[]>) => {
    for await (const cells of records) {
      if (table.header === undefined) table.header = checkHeader(cells, file);
      else visit(cells, ++table.rows, table.header);
    }
  };
  try {
    await pipeline(Readable.from(objects.pieces(file.sha256)), parser, consume, { signal });
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_')) {
      throw dataUnreadable(file.shown, `it is not CSV: ${error.message}`);
    }
    signal.throwIfAborted();
    throw error;
  }
  if (table.header === undefined || table.rows === 0) throw datasetEmpty(file.shown);
  return table.header;
};

const checkHeader = (cells: readonly string[], { shown }: CsvFile): readonly string[] => {
  if (cells.some((cell) => cell.includes('\0') || cell.includes('\ufffd'))) {
    throw dataUnreadable(shown, 'it is not UTF-8 text');
  }
  const header = cells.map((cell) => cell.trim());
  const unnamed = header.indexOf('');
  if (unnamed > 0) throw dataUnreadable(shown, `its column ${unnamed + 1} has no name in the first line`);
  const twice = header.find((name, at) => header.indexOf(name) !== at);
  if (twice !== undefined) throw dataUnreadable(shown, `it has two columns named “${twice}”`);
  return header;
};
