import { dataUnreadable, oneClassOnly, settingInvalid } from '../faults.ts';
import type { Task } from '../contract/features.ts';
import { categoryOf, isMissing, ownText, parseNumber, type Cell } from './cells.ts';
import { orderClasses } from './image-rows.ts';
import { createNumberList } from './number-list.ts';

/** The target column of a table, all rows of it. */
export interface Target {
  readonly task: Task;
  /** Empty for regression. */
  readonly classes: readonly string[];
  /** Class index or value of each row. */
  readonly values: Float64Array;
}

export interface TargetReader {
  /** @param row from 1 @throws Fault `dataset-unreadable` when the cell is empty */
  readonly see: (cell: Cell, row: number) => void;
  /** @throws Fault `dataset-one-class` or `dataset-unreadable` */
  readonly finish: (task: 'auto' | Task) => Target;
}

/** A target of numbers with more different values than this is regression, unless the configuration says otherwise. */
const MOST_NUMERIC_CLASSES = 20;
/** A classifier of more classes would be a column of names. */
const MOST_CLASSES = 10_000;

/** @param shown the file in messages @param column its name */
export const createTargetReader = (shown: string, column: string): TargetReader => {
  const codes = createNumberList();
  const numbers = createNumberList();
  const codeOf = new Map<string, number>();
  let firstText: { readonly text: string; readonly row: number } | null = null;

  const toRegression = (): Target => {
    if (firstText !== null) {
      throw dataUnreadable(shown, `row ${firstText.row} has “${firstText.text}” as ${column}, which is no number`);
    }
    return { task: 'regression', classes: [], values: numbers.values() };
  };
  const toClassification = (): Target => {
    if (codeOf.size > MOST_CLASSES) {
      throw settingInvalid(
        'data.target',
        `${column} of ${shown} has more than ${MOST_CLASSES.toLocaleString('en')} different values, too many for classes`,
        'Set another data.target, or data.task: regression for a column of numbers.',
      );
    }
    const classes = orderClasses(codeOf.keys());
    if (classes.length < 2) throw oneClassOnly(classes[0] ?? '', shown);
    const indexes = new Map(classes.map((name, at) => [name, at]));
    const byCode = [...codeOf.keys()].map((name) => indexes.get(name) ?? 0);
    return { task: 'classification', classes, values: codes.values().map((code) => byCode[code] ?? 0) };
  };
  return {
    see: (cell, row) => {
      if (isMissing(cell)) throw dataUnreadable(shown, `row ${row} has no ${column}, the column to predict`);
      const text = categoryOf(cell);
      const value = parseNumber(text);
      if (value === null) firstText ??= { text: ownText(text), row };
      numbers.push(value ?? Number.NaN);
      // One class too many is remembered, and no more: their texts would fill the memory.
      const code = codeOf.get(text) ?? codeOf.size;
      if (code === codeOf.size && codeOf.size <= MOST_CLASSES) codeOf.set(ownText(text), code);
      codes.push(code);
    },
    finish: (task) => {
      const isRegression =
        task === 'auto' ? firstText === null && codeOf.size > MOST_NUMERIC_CLASSES : task === 'regression';
      return isRegression ? toRegression() : toClassification();
    },
  };
};
