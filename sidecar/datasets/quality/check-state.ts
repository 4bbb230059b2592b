import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CheckRule } from '../../contract/training.ts';
import type { ComparedState } from '../difference/compare-data.ts';
import type { StateFile } from '../difference/data-state.ts';
import type { Looks } from '../difference/picture-looks.ts';
import { tableReaderOf } from '../table.ts';
import { examineColumn, examineColumns } from './column-examiners.ts';
import { conditionsOf, type Condition, type Found } from './condition.ts';
import { examineClasses, examineRowCount } from './count-checks.ts';
import type { RowExaminer } from './examiner.ts';
import { checkClassFolders, checkFileCount, checkReadable, checkUniqueFiles } from './file-checks.ts';
import { examineUnique } from './unique-examiner.ts';

export interface CheckOrder {
  readonly state: ComparedState;
  readonly rules: readonly CheckRule[];
  /** Column to predict; null for the last one. */
  readonly target: string | null;
  /** The data set, for messages. */
  readonly path: string;
  readonly looks: Looks;
  /** Folder for temporary files. */
  readonly scratch: string;
}

interface CheckContext {
  readonly signal: AbortSignal;
  readonly progress: (fraction: number | null, note: string) => void;
}

/** A condition and what was found of it. Plain data. */
export interface Judged extends Found {
  readonly index: number;
  readonly key: keyof CheckRule;
  readonly words: string;
  readonly column: string | null;
  readonly onFail: CheckRule['on_fail'];
}

export interface CheckedState {
  /** Null where the data is no table. */
  readonly rows: number | null;
  readonly files: number;
  readonly judged: readonly Judged[];
}

/**
 * Judges every condition on one state of the data. A table is read once for all of them, and never held.
 * @throws Fault `dataset-unreadable` for a table that cannot be read, `store-damaged`
 */
export const checkState = async (order: CheckOrder, context: CheckContext): Promise<CheckedState> => {
  const conditions = conditionsOf(order.rules);
  const table = tableOf(order.state);
  const examiners = conditions.map((condition, at) => examinerOf(condition, order, table, `check-${at}`));
  const needed = examiners.filter((examiner) => examiner !== null);
  const rows = table === null || needed.length === 0 ? null : await readRows(order, table, needed, context);
  const judged: Judged[] = [];
  for (const [at, condition] of conditions.entries()) {
    const { index, key, words, column, rule } = condition;
    const found = examiners[at]?.finish(rows ?? 0) ?? (await checkFiles(condition, order, context));
    judged.push({ index, key, words, column, onFail: rule.on_fail, ...found });
  }
  return { rows, files: countFiles(order.state), judged };
};

const countFiles = ({ files }: ComparedState): number => {
  let count = 0;
  for (const { path } of files()) count += Number(path !== '');
  return count;
};

/** The one table of the data; null when there is none or several. */
const tableOf = ({ files }: ComparedState): StateFile | null => {
  const tables = [];
  for (const file of files()) if (tableReaderOf(file.path) !== null) tables.push(file);
  const [only, ...others] = tables;
  return only === undefined || others.length > 0 ? null : only;
};

/** Null for a condition that is not about the rows of a table. */
const examinerOf = (
  condition: Condition,
  { scratch, target }: CheckOrder,
  table: StateFile | null,
  name: string,
): RowExaminer | null => {
  const { rule } = condition;
  if (table === null) return null;
  if (rule.columns !== undefined) return examineColumns(rule);
  if (rule.column !== undefined) return examineColumn(condition);
  if (rule.unique !== undefined && rule.unique !== 'files') {
    const columns = rule.unique === 'rows' ? null : rule.unique;
    return examineUnique({ columns, folder: scratch, name, size: table.size });
  }
  if (rule.count === 'rows') return examineRowCount(rule);
  return rule.count === 'each_class' ? examineClasses(rule, target) : null;
};

const readRows = async (
  { state, path }: CheckOrder,
  table: StateFile,
  examiners: readonly RowExaminer[],
  { signal, progress }: CheckContext,
): Promise<number> => {
  const read = tableReaderOf(table.path);
  if (read === null) throw new RangeError(`${table.path} is no table.`);
  const shown = state.type === 'file' ? path : `${path}/${table.path}`;
  let rows = 0;
  let isBegun = false;
  for await (const piece of read({ ...table, shown }, state.contents, signal)) {
    if (!isBegun) for (const examiner of examiners) examiner.begin(piece.header);
    isBegun = true;
    piece.rows.forEach((cells, at) => {
      for (const examiner of examiners) examiner.see(cells, piece.first + at);
    });
    rows += piece.rows.length;
    progress(null, `${rows.toLocaleString('en')} rows checked`);
    await nextTurn();
    signal.throwIfAborted();
  }
  if (!isBegun) for (const examiner of examiners) examiner.begin([]);
  return rows;
};

const checkFiles = async ({ rule }: Condition, { state, looks }: CheckOrder, context: CheckContext): Promise<Found> => {
  if (rule.unique === 'files') return checkUniqueFiles(state);
  if (rule.count === 'files') return checkFileCount(rule, state);
  if (rule.count === 'each_class' && state.kind === 'image-folder') return checkClassFolders(rule, state);
  if (rule.readable === undefined) return noTable;
  return checkReadable(state, looks, async (done) => {
    if (done % 64 !== 0) return;
    context.progress(null, `${done.toLocaleString('en')} pictures checked`);
    await nextTurn();
    context.signal.throwIfAborted();
  });
};

/** A condition about rows or classes, and data without any. */
const noTable: Found = {
  passed: false,
  sentence: 'It is about the rows of a table or the class folders of pictures, and the data are neither.',
  count: 0,
  of: 0,
  examples: [],
};
