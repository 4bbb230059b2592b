import { MOST_CATEGORIES } from './column-profile.ts';
import { shareOfDiffering, type Scanned } from './scan-tables.ts';

/** A table, and who is told of it. */
export interface Noted {
  /** Path of the table in the data set. */
  readonly file: string;
  /** Takes what a person should know of how the tables were compared. */
  readonly note: (text: string) => void;
}

/**
 * Equal rows cannot shift a column: shares of its values differ by no more, in total, than the share of the other rows on
 * the side where that is larger.
 */
export const noteOthers = ({ file, note }: Noted, scanned: Scanned): void => {
  const rows = Math.max(scanned.from.rows, scanned.to.rows);
  const compared = rows - (scanned.others ?? 0);
  note(
    `${compared.toLocaleString('en')} of ${rows.toLocaleString('en')} rows of ${file} were compared, since all others are in parts that are equal. ` +
      `The spread of its columns was not: no more than ${percentUp(100 * shareOfDiffering(scanned))} % of the rows can have shifted it.`,
  );
};

/** Rounded up to two figures: it is said to be a bound. */
const percentUp = (value: number): string => {
  if (value === 0) return '0';
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return String(Number((Math.ceil(value / unit) * unit).toPrecision(2)));
};

/** @param names of columns whose spread was not compared */
export const noteUnspread = ({ file, note }: Noted, names: readonly string[]): void => {
  if (names.length === 0) return;
  const some = names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
  note(
    `The spread of ${some} in ${file} is not compared: more than ${MOST_CATEGORIES.toLocaleString('en')} different texts.`,
  );
};
