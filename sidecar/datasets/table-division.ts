import type { Training } from '../contract/training.ts';
import { dataUnreadable, settingInvalid } from '../faults.ts';
import { categoryOf, isMissing, ownText, parseNumber, type Cell } from './cells.ts';
import { parseDate } from './dates.ts';
import { createNumberList } from './number-list.ts';
import { splitGroups } from './split-groups.ts';
import { splitByTime } from './split-time.ts';
import { splitRows, type SplitRows } from './split.ts';
import type { Target } from './table-target.ts';

type Split = Training['data']['split'];

/** How the rows of a table are divided: at random, by a column whose rows stay together, or by time. */
export interface Division {
  /** The column that rows are divided by; null where there is none. */
  readonly column: string | null;
  /** @param row from 1 @throws Fault `dataset-unreadable` */
  readonly see: (cells: readonly Cell[], row: number) => void;
  readonly split: (target: Target) => SplitRows;
  readonly note: string | null;
}

/** @throws Fault `configuration-invalid` when the column is not there */
export const createDivision = (split: Split, header: readonly string[], shown: string): Division => {
  const { group_by: group, time } = split;
  if (group !== undefined && time !== undefined) {
    throw settingInvalid('data.split', 'rows are divided by group_by or by time, not by both', 'Remove one of them.');
  }
  if (group !== undefined) return byGroup({ split, at: placeOf(group, 'group_by', header), column: group, shown });
  if (time !== undefined) return byTime({ split, at: placeOf(time, 'time', header), column: time, shown });
  return atRandom(split);
};

const placeOf = (column: string, key: 'group_by' | 'time', header: readonly string[]): number => {
  const at = header.indexOf(column);
  if (at !== -1) return at;
  throw settingInvalid(`data.split.${key}`, `there is no column “${column}”`, `The table has ${header.join(', ')}.`);
};

const strataOf = ({ stratify }: Split, { task, values }: Target) =>
  stratify && task === 'classification' ? values : null;

const atRandom = (split: Split): Division => ({
  column: null,
  see: () => undefined,
  split: (target) =>
    splitRows({
      rows: target.values.length,
      shares: split,
      seed: split.seed,
      nameOf: String,
      strata: strataOf(split, target),
      testFrom: null,
    }),
  note: null,
});

interface ByColumn {
  readonly split: Split;
  readonly at: number;
  readonly column: string;
  readonly shown: string;
}

const byGroup = ({ split, at, column, shown }: ByColumn): Division => {
  const groupOf = createNumberList();
  const numbers = new Map<string, number>();
  return {
    column,
    see: (cells, row) => {
      const cell = cells[at] ?? null;
      if (isMissing(cell)) throw dataUnreadable(shown, `row ${row} has no “${column}”, by which rows are divided`);
      const name = categoryOf(cell);
      const number = numbers.get(name) ?? numbers.size;
      if (number === numbers.size) numbers.set(ownText(name), number);
      groupOf.push(number);
    },
    split: (target) => {
      if (numbers.size < 2) {
        throw settingInvalid('data.split.group_by', `all rows have the same “${column}”`, 'Use another column.');
      }
      const names = [...numbers.keys()];
      return splitGroups({
        groupOf: groupOf.values(),
        names,
        strata: strataOf(split, target),
        seed: split.seed,
        shares: split,
      });
    },
    note: `Rows of the same “${column}” stay together; the column is no feature unless features: lists it.`,
  };
};

const byTime = ({ split, at, column, shown }: ByColumn): Division => {
  const times = createNumberList();
  return {
    column,
    see: (cells, row) => {
      const cell = cells[at] ?? null;
      const time = parseNumber(cell) ?? parseDate(cell);
      if (time === null) {
        throw dataUnreadable(
          shown,
          `row ${row} has ${JSON.stringify(cell)} as “${column}”, by which rows are divided: that is neither a date such as 2026-11-24T17:30:00Z nor a number`,
        );
      }
      times.push(time);
    },
    split: () => splitByTime(times.values(), split),
    note: `The newest rows by “${column}” are the test part; the column is no feature unless features: lists it.`,
  };
};
