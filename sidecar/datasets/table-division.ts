import type { Training } from '../contract/training.ts';
import { dataUnreadable, settingInvalid } from '../faults.ts';
import { categoryOf, isMissing, ownText, parseNumber, type Cell } from './cells.ts';
import { parseDate } from './dates.ts';
import { createNumberList } from './number-list.ts';
import { splitGroups } from './split-groups.ts';
import { splitByTime, splitGroupsByTime } from './split-time.ts';
import { splitRows, type SplitRows } from './split.ts';
import type { Target } from './table-target.ts';

type Split = Training['data']['split'];

/** How the rows of a table are divided: at random, by a column whose rows stay together, or by time. */
export interface Division {
  /** The columns that rows are divided by. */
  readonly columns: readonly string[];
  /** @param row from 1 @throws Fault `dataset-unreadable` */
  readonly see: (cells: readonly Cell[], row: number) => void;
  readonly split: (target: Target) => SplitRows;
  readonly note: string | null;
}

/** @throws Fault `configuration-invalid` when the column is not there */
export const createDivision = (split: Split, header: readonly string[], shown: string): Division => {
  const { group_by: group, time } = split;
  const groups = group === undefined ? null : { split, at: placeOf(group, 'group_by', header), column: group, shown };
  const times = time === undefined ? null : { split, at: placeOf(time, 'time', header), column: time, shown };
  if (groups !== null) return times === null ? byGroup(groups) : byBoth(groups, times);
  return times === null ? atRandom(split) : byTime(times);
};

const placeOf = (column: string, key: 'group_by' | 'time', header: readonly string[]): number => {
  const at = header.indexOf(column);
  if (at !== -1) return at;
  throw settingInvalid(`data.split.${key}`, `there is no column “${column}”`, `The table has ${header.join(', ')}.`);
};

const strataOf = ({ stratify }: Split, { task, values }: Target) =>
  stratify && task === 'classification' ? values : null;

const atRandom = (split: Split): Division => ({
  columns: [],
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

const readGroups = ({ at, column, shown }: ByColumn) => {
  const groupOf = createNumberList();
  const numbers = new Map<string, number>();
  return {
    see: (cells: readonly Cell[], row: number): void => {
      const cell = cells[at] ?? null;
      if (isMissing(cell)) throw dataUnreadable(shown, `row ${row} has no “${column}”, by which rows are divided`);
      const name = categoryOf(cell);
      const number = numbers.get(name) ?? numbers.size;
      if (number === numbers.size) numbers.set(ownText(name), number);
      groupOf.push(number);
    },
    /** @throws Fault `configuration-invalid` where there is one group only */
    groups: () => {
      if (numbers.size > 1) return { groupOf: groupOf.values(), names: [...numbers.keys()] };
      throw settingInvalid('data.split.group_by', `all rows have the same “${column}”`, 'Use another column.');
    },
  };
};

const readTimes = ({ at, column, shown }: ByColumn) => {
  const times = createNumberList();
  return {
    see: (cells: readonly Cell[], row: number): void => {
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
    times: times.values,
  };
};

const LEFT_OUT = 'no feature unless features: lists it';

const byGroup = (order: ByColumn): Division => {
  const { split, column } = order;
  const { see, groups } = readGroups(order);
  return {
    columns: [column],
    see,
    split: (target) => splitGroups({ ...groups(), strata: strataOf(split, target), seed: split.seed, shares: split }),
    note: `Rows of the same “${column}” stay together; the column is ${LEFT_OUT}.`,
  };
};

const byTime = (order: ByColumn): Division => {
  const { split, column } = order;
  const { see, times } = readTimes(order);
  return {
    columns: [column],
    see,
    split: () => splitByTime(times(), split),
    note: `The newest rows by “${column}” are the test part; the column is ${LEFT_OUT}.`,
  };
};

const byBoth = (byGroups: ByColumn, byTimes: ByColumn): Division => {
  const { see: seeGroup, groups } = readGroups(byGroups);
  const { see: seeTime, times } = readTimes(byTimes);
  return {
    columns: [byGroups.column, byTimes.column],
    see: (cells, row) => {
      seeGroup(cells, row);
      seeTime(cells, row);
    },
    split: () => splitGroupsByTime(groups().groupOf, times(), byGroups.split),
    note:
      `Rows of the same “${byGroups.column}” stay together, and those whose newest row by “${byTimes.column}” is newest ` +
      `are the test part; both columns are ${LEFT_OUT}.`,
  };
};
