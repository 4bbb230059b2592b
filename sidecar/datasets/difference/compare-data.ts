import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DataDifference, TableDifference } from '../../contract/data-difference.ts';
import type { DatasetKind } from '../../contract/dataset.ts';
import { Fault } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { tableKindOf, tableReaderOf } from '../table.ts';
import type { DataState, FileChange, StateFile } from './data-state.ts';
import { DIVISION_LIMITS, divideTables, type DivisionLimits } from './divide-tables.ts';
import { compareFiles, type ChangedFiles } from './files-difference.ts';
import type { KnownRuns } from './known-runs.ts';
import type { Looks } from './picture-looks.ts';
import { comparePictures } from './pictures-difference.ts';
import type { ComparedTable } from './row-details.ts';
import { compareTables } from './table-difference.ts';
import type { Sheets } from './thumbnails.ts';

/** A state and what kind of data it is; null where there is none. */
export interface ComparedState extends DataState {
  readonly kind: DatasetKind | null;
}

export interface CompareOrder {
  /** The data set in the workspace, for messages. */
  readonly path: string;
  readonly from: ComparedState;
  readonly to: ComparedState;
  /** Columns that name a row of a table; none to have them looked for. */
  readonly key: readonly string[];
  /** Column of labels; null to have it guessed. */
  readonly target: string | null;
  /** What `data.target` says; tried first where no target is asked for. */
  readonly likelyTarget: string | null;
  readonly looks: Looks;
  readonly runs: KnownRuns;
  readonly sheets: Sheets;
  /** Program of threads that look at pictures; null to do it in this one. */
  readonly lookProgram: string | null;
  /** Folder for temporary files. */
  readonly scratch: string;
  /** Which tables are compared by what differs in them alone. */
  readonly limits?: DivisionLimits;
}

type CompareContext = Omit<JobContext, 'metrics'>;

/** The difference without what is known of the two sides from elsewhere. */
export type Compared = Pick<DataDifference, 'equal' | 'files' | 'tables' | 'pictures' | 'notes'> & ChangedFiles;

const MOST_TABLES = 20;

/**
 * What differs between two states of a data set: its files, the rows of its tables, its pictures.
 * @throws Fault `request-invalid` for a key or target that a table lacks; `store-damaged`
 */
export const compareData = async (order: CompareOrder, context: CompareContext): Promise<Compared> => {
  const changed = compareFiles(order.from, order.to);
  const notes: string[] = [];
  const tables = await compareAllTables(order, changed.changes, notes, context);
  const isPictures = order.from.kind === 'image-folder' || order.to.kind === 'image-folder';
  const pictures = isPictures ? await comparePictures({ ...order, ...context, changed }) : null;
  return { ...changed, equal: changed.changes.length === 0, files: changed.difference, tables, pictures, notes };
};

const compareAllTables = async (
  order: CompareOrder,
  changes: readonly FileChange[],
  notes: string[],
  context: CompareContext,
): Promise<TableDifference[]> => {
  const found = changes.filter(
    ({ change, from, to }) =>
      (change === 'changed' || change === 'renamed') &&
      from?.content !== to?.content &&
      tableKindOf(to?.path ?? '') !== null,
  );
  const compared = found.slice(0, MOST_TABLES);
  if (compared.length < found.length) {
    notes.push(`${found.length} tables have changed; the rows of the first ${MOST_TABLES} are compared.`);
  }
  const tables: TableDifference[] = [];
  for (const { from, to } of compared) {
    if (from === null || to === null) continue;
    const table = await compareOne(order, { from, to, only: compared.length === 1 }, notes, context);
    if (table !== null) tables.push(table);
    order.runs.save();
  }
  return tables;
};

const compareOne = async (
  { path, from, to, key, target, likelyTarget, runs, scratch, limits = DIVISION_LIMITS }: CompareOrder,
  pair: { readonly from: StateFile; readonly to: StateFile; readonly only: boolean },
  notes: string[],
  context: CompareContext,
): Promise<TableDifference | null> => {
  try {
    return await compareTables(
      {
        file: pair.to.path,
        from: openTable(from, pair.from, path, context),
        to: openTable(to, pair.to, path, context),
        key,
        target,
        likelyTarget,
        folder: scratch,
        note: (text) => notes.push(text),
        log: (text) => context.log('info', text),
        divide: async (header) =>
          divideTables(
            {
              from: { file: pair.from, contents: from.contents },
              to: { file: pair.to, contents: to.contents },
              header,
              runs,
              shown: shownAs(to, pair.to, path),
              seen: tellSeen(pair.to, context),
            },
            limits,
          ),
      },
      context.signal,
    );
  } catch (error) {
    // One table of several may lack the key; one that cannot be read is said, and the rest is compared.
    const noted = error instanceof Fault && (error.code === 'dataset-unreadable' || !pair.only);
    if (!noted || error.code === 'store-damaged') throw error;
    notes.push(`The rows of ${pair.to.path} are not compared: ${error.message}`);
    return null;
  }
};

/** How a table is named in messages. */
const shownAs = ({ type }: DataState, file: StateFile, path: string): string =>
  type === 'file' ? path : `${path}/${file.path}`;

const tellSeen = ({ path }: StateFile, { progress }: CompareContext) => {
  let seen = 0;
  return (bytes: number): void => {
    seen += bytes;
    progress(null, `${path}: ${(seen / 1e6).toFixed(0)} MB of equal rows looked through`);
  };
};

const openTable = (state: DataState, file: StateFile, path: string, { progress }: CompareContext): ComparedTable => ({
  size: file.size,
  read: async function* (signal) {
    const read = tableReaderOf(file.path);
    if (read === null) throw new RangeError(`${file.path} is no table.`);
    for await (const rows of read({ ...file, shown: shownAs(state, file, path) }, state.contents, signal)) {
      // An abort is heard between two turns of the event loop only.
      await nextTurn();
      signal.throwIfAborted();
      progress(null, `${file.path}: ${(rows.first - 1).toLocaleString('en')} rows read`);
      yield rows;
    }
  },
});
