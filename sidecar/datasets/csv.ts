import { dataUnreadable } from '../faults.ts';
import { createCsvSplitter, CsvError } from './csv-records.ts';
import { checkHeader, type TableFile, type TableReader } from './table-reader.ts';
import { decodeMiddle, decodePieces } from './text-pieces.ts';

/** CSV: comma, double quotes, UTF-8 with or without a byte order mark (or UTF-16 with one), names in the first line. */
export const readCsv: TableReader = function* (file, contents) {
  const splitter = createCsvSplitter();
  let header: readonly string[] | undefined;
  let first = 1;
  for (const records of recordsOf(decodePieces(contents.pieces(file), file.shown), splitter, file)) {
    const names = header ?? headerOf(records.shift(), file);
    if (names === undefined) continue;
    header = names;
    checkWidths(records, names.length, { file, first });
    yield { header: names, first, rows: records };
    first += records.length;
  }
};

/**
 * Rows of a part of a file that begins where a record begins, behind the header, and ends where one ends.
 * @param first number of its first row, for messages
 * @throws Fault `dataset-unreadable`
 */
export const readCsvPart = function* (
  pieces: Iterable<Uint8Array>,
  header: readonly string[],
  { file, first }: { readonly file: TableFile; readonly first: number },
): Generator<string[][], void> {
  let row = first;
  for (const records of recordsOf(decodeMiddle(pieces, file.shown), createCsvSplitter(), file)) {
    checkWidths(records, header.length, { file, first: row });
    yield records;
    row += records.length;
  }
};

const recordsOf = function* (
  texts: Iterable<string>,
  { push, end }: ReturnType<typeof createCsvSplitter>,
  { shown }: TableFile,
): Generator<string[][], void> {
  try {
    for (const text of texts) yield push(text);
    yield end();
  } catch (error) {
    if (error instanceof CsvError) throw dataUnreadable(shown, `it is not CSV: ${error.message}`);
    throw error;
  }
};

const headerOf = (names: readonly string[] | undefined, { shown }: TableFile): readonly string[] | undefined => {
  if (names?.some((name) => name.includes('\0')) === true) throw dataUnreadable(shown, 'it is not UTF-8 text');
  return names === undefined ? undefined : checkHeader(names, shown);
};

const checkWidths = (
  records: readonly (readonly string[])[],
  columns: number,
  { file, first }: { readonly file: TableFile; readonly first: number },
): void => {
  const wrong = records.findIndex(({ length }) => length !== columns);
  if (wrong === -1) return;
  const cells = records[wrong]?.length ?? 0;
  throw dataUnreadable(file.shown, `it is not CSV: row ${first + wrong} has ${cells} cells for ${columns} columns`);
};
