import type { CheckRule } from '../../contract/training.ts';
import { categoryOf, isMissing, parseNumber, type Cell } from '../cells.ts';
import { parseDate } from '../dates.ts';
import type { Condition, Found } from './condition.ts';
import { breaksSentence, createBreaks, shown, type RowExaminer } from './examiner.ts';

/** Whether the columns that a rule names are there. */
export const examineColumns = ({ columns = [], only }: CheckRule): RowExaminer => {
  const breaks = createBreaks();
  let sentence = 'All of them are there.';
  return {
    begin: (header) => {
      const missing = columns.filter((name) => !header.includes(name));
      const others = only === true ? header.filter((name) => !columns.includes(name)) : [];
      for (const name of missing) breaks.add(name, 'missing');
      for (const name of others) breaks.add(name, 'not wanted');
      const said = [
        missing.length === 0 ? null : `there is no ${missing.join(', ')}`,
        others.length === 0 ? null : `${others.join(', ')} should not be there`,
      ].filter((text) => text !== null);
      if (said.length > 0) sentence = `The table differs: ${said.join('; ')}.`;
    },
    see: () => undefined,
    finish: () => ({
      passed: breaks.count() === 0,
      sentence,
      count: breaks.count(),
      of: columns.length,
      examples: breaks.examples(),
    }),
  };
};

/** The values of one column. */
export const examineColumn = ({ rule, key, column }: Condition): RowExaminer => {
  const breaks = createBreaks();
  const isBroken = key === 'missing_at_most' ? isMissing : breakingValue(rule, key);
  const limit = rule.missing_at_most ?? 0;
  let place = -1;
  return {
    begin: (header) => {
      place = header.indexOf(column ?? '');
    },
    see: (cells, row) => {
      const cell = cells[place];
      if (place !== -1 && isBroken(cell ?? null)) breaks.add(`row ${row}`, shown(cell));
    },
    finish: (rows) => {
      if (place === -1) return noColumn(column ?? '');
      const allowed = key === 'missing_at_most' ? limit * rows : 0;
      return {
        passed: breaks.count() <= allowed,
        sentence:
          key === 'missing_at_most' ? missingSentence(breaks, rows, limit) : breaksSentence(breaks, rows, 'row'),
        count: breaks.count(),
        of: rows,
        examples: breaks.examples(),
      };
    },
  };
};

export const noColumn = (column: string): Found => ({
  passed: false,
  sentence: `There is no column ${column}.`,
  count: 1,
  of: 1,
  examples: [{ at: column, value: 'missing' }],
});

const missingSentence = (breaks: ReturnType<typeof createBreaks>, rows: number, limit: number): string => {
  const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  const share = rows === 0 ? 0 : breaks.count() / rows;
  return `${breaks.count().toLocaleString('en')} of ${rows.toLocaleString('en')} rows have no value: ${percent(share)}, at most ${percent(limit)} may.`;
};

/** A missing value breaks none of these; `missing_at_most` is for that. */
const breakingValue = (rule: CheckRule, key: Condition['key']): ((cell: Cell) => boolean) => {
  const holds = holding(rule, key);
  return (cell) => !isMissing(cell) && !holds(cell);
};

const holding = (rule: CheckRule, key: Condition['key']): ((cell: Cell) => boolean) => {
  if (key === 'type') return types[rule.type ?? 'text'];
  if (key === 'one_of') {
    const allowed = new Set((rule.one_of ?? []).map((value) => categoryOf(value)));
    return (cell) => allowed.has(categoryOf(cell));
  }
  if (key === 'matches') {
    const pattern = new RegExp(rule.matches ?? '', 'u');
    return (cell) => pattern.test(String(cell));
  }
  const { at_least = -Infinity, at_most = Infinity } = rule;
  return (cell) => {
    const value = parseNumber(cell);
    return value !== null && value >= at_least && value <= at_most;
  };
};

const isNumber = (cell: Cell): boolean => typeof cell !== 'boolean' && parseNumber(cell) !== null;

const types: Readonly<Record<NonNullable<CheckRule['type']>, (cell: Cell) => boolean>> = {
  number: isNumber,
  integer: (cell) => isNumber(cell) && Number.isInteger(parseNumber(cell)),
  boolean: (cell) => typeof cell === 'boolean' || /^(true|false)$/i.test(String(cell).trim()),
  date: (cell) => parseDate(cell) !== null,
  text: (cell) => typeof cell === 'string',
};
