import { dataUnreadable, oneClassOnly } from '../faults.ts';
import type { Task } from '../contract/features.ts';
import { categoryOf, isMissing, parseNumber } from './cells.ts';
import { orderClasses } from './image-rows.ts';

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
  readonly see: (cell: string, row: number) => void;
  /** @throws Fault `dataset-one-class` or `dataset-unreadable` */
  readonly finish: (task: 'auto' | Task) => Target;
}

/** A target of numbers with more different values than this is regression, unless the configuration says otherwise. */
const MOST_NUMERIC_CLASSES = 20;

/** @param shown the file in messages @param column its name */
export const createTargetReader = (shown: string, column: string): TargetReader => {
  const codes: number[] = [];
  const codeOf = new Map<string, number>();
  let firstText: { readonly text: string; readonly row: number } | null = null;

  const toRegression = (): Target => {
    if (firstText !== null) {
      throw dataUnreadable(shown, `row ${firstText.row} has “${firstText.text}” as ${column}, which is no number`);
    }
    const numbers = [...codeOf.keys()].map(Number);
    return { task: 'regression', classes: [], values: Float64Array.from(codes, (code) => numbers[code] ?? 0) };
  };
  const toClassification = (): Target => {
    const classes = orderClasses(codeOf.keys());
    if (classes.length < 2) throw oneClassOnly(classes[0] ?? '', shown);
    const indexes = new Map(classes.map((name, at) => [name, at]));
    const byCode = [...codeOf.keys()].map((name) => indexes.get(name) ?? 0);
    return { task: 'classification', classes, values: Float64Array.from(codes, (code) => byCode[code] ?? 0) };
  };
  return {
    see: (cell, row) => {
      if (isMissing(cell)) throw dataUnreadable(shown, `row ${row} has no ${column}, the column to predict`);
      const text = categoryOf(cell);
      if (firstText === null && parseNumber(text) === null) firstText = { text, row };
      const code = codeOf.get(text) ?? codeOf.size;
      if (code === codeOf.size) codeOf.set(text, code);
      codes.push(code);
    },
    finish: (task) => {
      const isRegression =
        task === 'auto' ? firstText === null && codeOf.size > MOST_NUMERIC_CLASSES : task === 'regression';
      return isRegression ? toRegression() : toClassification();
    },
  };
};
