import type { CheckRule } from '../../contract/training.ts';
import { categoryOf, isMissing, ownText } from '../cells.ts';
import { noColumn } from './column-examiners.ts';
import type { Found } from './condition.ts';
import { createBreaks, some, type RowExaminer } from './examiner.ts';

/** More would be a column of names. */
const MOST_CLASSES = 10_000;

/** How many rows or files there are. */
export const judgeCount = ({ count, at_least = 0, at_most = Infinity }: CheckRule, found: number): Found => {
  const passed = found >= at_least && found <= at_most;
  const what = count === 'files' ? 'file' : 'row';
  return {
    passed,
    sentence: `There ${found === 1 ? 'is' : 'are'} ${some(found, what)}.`,
    count: passed ? 0 : 1,
    of: 1,
    examples: [],
  };
};

export const examineRowCount = (rule: CheckRule): RowExaminer => ({
  begin: () => undefined,
  see: () => undefined,
  finish: (rows) => judgeCount(rule, rows),
});

/** @param column the target; null for the last one, as training has it */
export const examineClasses = (rule: CheckRule, column: string | null): RowExaminer => {
  const classes = new Map<string, number>();
  let place = -1;
  let isTooMany = false;
  return {
    begin: (header) => {
      place = column === null ? header.length - 1 : header.indexOf(column);
    },
    see: (cells) => {
      const cell = cells[place];
      if (place === -1 || isMissing(cell)) return;
      const name = categoryOf(cell);
      const known = classes.get(name);
      if (known !== undefined) classes.set(name, known + 1);
      else if (classes.size < MOST_CLASSES) classes.set(ownText(name), 1);
      else isTooMany = true;
    },
    finish: () => {
      if (place === -1) return noColumn(column ?? 'to predict');
      return isTooMany ? tooManyClasses() : judgeClasses(rule, classes);
    },
  };
};

const tooManyClasses = (): Found => ({
  passed: false,
  sentence: `The target has more than ${some(MOST_CLASSES, 'different value')}, too many for classes.`,
  count: MOST_CLASSES,
  of: MOST_CLASSES,
  examples: [],
});

/** Whether every class has enough rows or pictures, and none too many. */
export const judgeClasses = (rule: CheckRule, classes: ReadonlyMap<string, number>): Found => {
  const total = [...classes.values()].reduce((sum, count) => sum + count, 0);
  const breaks = createBreaks();
  const ordered = [...classes].sort(([, a], [, b]) => a - b);
  for (const [name, count] of ordered) {
    if (!holds(rule, count, count / total)) breaks.add(name, classText(count, count / total));
  }
  return {
    passed: breaks.count() === 0 && classes.size > 0,
    sentence: classesSentence(ordered, total, breaks.count()),
    count: breaks.count(),
    of: classes.size,
    examples: breaks.examples(),
  };
};

const holds = (rule: CheckRule, count: number, share: number): boolean => {
  const { at_least = 0, at_most = Infinity, share_at_least = 0, share_at_most = 1 } = rule;
  return count >= at_least && count <= at_most && share >= share_at_least && share <= share_at_most;
};

/** @param ordered the smallest class first */
const classesSentence = (ordered: readonly (readonly [string, number])[], total: number, broken: number): string => {
  const [least, most] = [ordered[0], ordered.at(-1)];
  if (least === undefined || most === undefined) return 'There are no classes.';
  const classes = `${ordered.length.toLocaleString('en')} ${ordered.length === 1 ? 'class' : 'classes'}`;
  const said =
    broken === 0 ? classes : `${broken.toLocaleString('en')} of ${classes} ${broken === 1 ? 'breaks' : 'break'} it`;
  const [smallest, largest] = [least, most].map(([name, count]) => `“${name}” has ${classText(count, count / total)}`);
  return `${said}; ${smallest ?? ''}, ${largest ?? ''}.`;
};

const classText = (count: number, share: number): string =>
  `${count.toLocaleString('en')} (${Number((share * 100).toPrecision(3))} %)`;
