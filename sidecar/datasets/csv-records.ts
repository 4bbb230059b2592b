/** Text that is no CSV; its message says where. */
export class CsvError extends Error {
  constructor(message: string, line: number) {
    super(`${message} in line ${line}`);
    this.name = 'CsvError';
  }
}

export interface CsvSplitter {
  /** Takes the next piece of the text. @returns the records that it completes @throws CsvError */
  readonly push: (text: string) => string[][];
  /** @returns the last record, where no line break ends it */
  readonly end: () => string[][];
}

/** A record longer than this is a quote that nobody closed. */
const LONGEST_RECORD = 16 << 20;

/** What a field is found to be: its value and where the text goes on; null when it may go on in the next piece. */
interface Field {
  readonly value: string;
  readonly end: number;
}

/**
 * Cuts CSV into records as RFC 4180 says: commas, fields in double quotes that may hold commas, line breaks and doubled
 * quotes. Lines end in LF or CR LF, empty ones are no records. Lines without a quote are cut at once, so that a file of
 * numbers is read about as fast as it is decoded.
 */
export const createCsvSplitter = (): CsvSplitter => {
  let rest = '';
  let line = 1;

  const cut = (text: string, isLast: boolean): string[][] => {
    const records: string[][] = [];
    let at = 0;
    let quote = text.indexOf('"');
    while (at < text.length) {
      if (quote !== -1 && quote < at) quote = text.indexOf('"', at);
      const record = recordAt(text, at, { isLast, line, quote });
      if (record === null) break;
      if (record.cells !== null) records.push(record.cells);
      line += record.lines;
      at = record.end;
    }
    rest = text.slice(at);
    if (rest.length > LONGEST_RECORD) throw new CsvError('a quote that is not closed begins', line);
    return records;
  };

  return {
    push: (text) => cut(rest + text, false),
    end: () => {
      const records = cut(rest, true);
      if (rest !== '') throw new CsvError('a quote that is not closed begins', line);
      return records;
    },
  };
};

interface Place {
  /** Whether no piece follows the text. */
  readonly isLast: boolean;
  readonly line: number;
}

interface Taken {
  /** Null for an empty line. */
  readonly cells: string[] | null;
  /** Where the next record begins. */
  readonly end: number;
  readonly lines: number;
}

/** @param quote place of the first quote from here on, −1 without one @returns null when it may go on in the next piece */
const recordAt = (text: string, at: number, { quote, ...place }: Place & { readonly quote: number }): Taken | null => {
  const found = text.indexOf('\n', at);
  const end = found === -1 ? text.length : found;
  if (quote !== -1 && quote < end) return quoted(text, at, place);
  if (found === -1 && !place.isLast) return null;
  const plain = text.slice(at, end > at && text[end - 1] === '\r' ? end - 1 : end);
  return { cells: plain === '' ? null : plain.split(','), end: end + 1, lines: 1 };
};

/** A record that holds a quote; null when it may go on in the next piece. */
const quoted = (text: string, from: number, place: Place): Taken | null => {
  const cells: string[] = [];
  let at = from;
  for (;;) {
    const field = text[at] === '"' ? quotedField(text, at, place) : plainField(text, at, place);
    if (field === null) return null;
    cells.push(field.value);
    if (text[field.end] === ',') {
      at = field.end + 1;
      continue;
    }
    const end = text[field.end] === '\r' ? field.end + 2 : field.end + 1;
    const lines = text.slice(from, Math.min(end, text.length)).split('\n').length - 1;
    return { cells, end, lines };
  }
};

const plainField = (text: string, from: number, { isLast, line }: Place): Field | null => {
  const breaks = text.indexOf('\n', from);
  if (breaks === -1 && !isLast) return null;
  const comma = text.indexOf(',', from);
  const lineEnd = breaks === -1 ? text.length : text[breaks - 1] === '\r' && breaks > from ? breaks - 1 : breaks;
  const end = comma === -1 || comma > lineEnd ? lineEnd : comma;
  const value = text.slice(from, end);
  if (value.includes('"')) throw new CsvError('a quote stands within a field that does not begin with one', line);
  return { value, end };
};

const quotedField = (text: string, from: number, { isLast, line }: Place): Field | null => {
  let close = text.indexOf('"', from + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  // What stands behind the quote decides whether it closes the field.
  if (close === -1 || (close + 2 >= text.length && !isLast)) return null;
  const end = close + 1;
  const follows = text.slice(end, end + 2);
  if (follows !== '' && !/^(,|\n|\r\n)/.test(follows)) {
    throw new CsvError(`${JSON.stringify(follows[0])} stands behind a quote that closes a field`, line);
  }
  return { value: text.slice(from + 1, close).replaceAll('""', '"'), end };
};
