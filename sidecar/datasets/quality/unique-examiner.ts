import { NAME_BYTES, nameCells, partOfName } from '../difference/row-names.ts';
import { openSpill } from '../difference/spill.ts';
import { noColumn } from './column-examiners.ts';
import { MOST_EXAMPLES, some, type RowExaminer } from './examiner.ts';

/** Name and row number. */
const RECORD_BYTES = NAME_BYTES + 8;
const PART_BYTES = 4 << 20;
const MOST_PARTS = 1_024;

export interface UniqueOrder {
  /** Columns whose values together may not repeat; null for all of them. */
  readonly columns: readonly string[] | null;
  /** Folder for temporary files, and what their names begin with. */
  readonly folder: string;
  readonly name: string;
  /** Bytes of the table. */
  readonly size: number;
}

/**
 * Rows that repeat an earlier one. Their names are divided over temporary files, so that a part of them is in memory at
 * a time whatever the length of the table.
 */
export const examineUnique = ({ columns, folder, name, size }: UniqueOrder): RowExaminer => {
  const parts = Math.min(MOST_PARTS, Math.ceil(size / PART_BYTES) || 1);
  const spill = openSpill({ folder, name, parts });
  const record = Buffer.alloc(RECORD_BYTES);
  let places: readonly number[] = [];
  let missing: string | undefined;
  return {
    begin: (header) => {
      missing = columns?.find((column) => !header.includes(column));
      places = (columns ?? header).map((column) => header.indexOf(column));
    },
    see: (cells, row) => {
      if (missing !== undefined) return;
      const named = nameCells(cells, places);
      record.write(named, 0, 'latin1');
      record.writeDoubleLE(row, NAME_BYTES);
      spill.add(partOfName(named, parts), record);
    },
    finish: (rows) => {
      if (missing !== undefined) return noColumn(missing);
      const found = Array.from({ length: parts }, (_, part) => repeatsIn(spill.read(part)));
      spill.close();
      const count = found.reduce((sum, { repeats }) => sum + repeats, 0);
      const examples = found
        .flatMap(({ first }) => first)
        .sort((a, b) => a.row - b.row)
        .slice(0, MOST_EXAMPLES)
        .map(({ row, like }) => ({ at: `row ${row}`, value: `as row ${like}` }));
      return { passed: count === 0, sentence: repeatSentence(count, rows, examples[0]), count, of: rows, examples };
    },
  };
};

const repeatSentence = (count: number, rows: number, first: { at: string; value: string } | undefined): string =>
  first === undefined
    ? `${some(rows, 'row')}, none twice.`
    : `${count.toLocaleString('en')} of ${some(rows, 'row')} ${count === 1 ? 'repeats' : 'repeat'} an earlier one, the first ${first.at}: ${first.value}.`;

/** Rows of one part whose name an earlier one has; the records of a part are in the order of their rows. */
const repeatsIn = (records: Buffer) => {
  const seen = new Map<string, number>();
  const first: { row: number; like: number }[] = [];
  let repeats = 0;
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    const name = records.toString('latin1', at, at + NAME_BYTES);
    const row = records.readDoubleLE(at + NAME_BYTES);
    const like = seen.get(name);
    if (like === undefined) seen.set(name, row);
    else {
      repeats += 1;
      if (first.length < MOST_EXAMPLES) first.push({ row, like });
    }
  }
  return { repeats, first };
};
