import * as vscode from 'vscode';
import type { DataSide, TableDifference } from '../../sidecar/contract/data-difference.ts';
import { countOf, showAge, showBytes } from '../format.ts';
import type { LiveProject } from '../sidecar/events.ts';

/** What a reader of a difference can choose; null when nothing was chosen. */
export interface DataChoices {
  readonly side: (data: string, now: DataSide) => Promise<DataSide | null>;
  readonly key: (table: TableDifference | undefined) => Promise<readonly string[] | null>;
  readonly target: (table: TableDifference | undefined) => Promise<string | null>;
}

/** The page from which it is asked takes the focus back, which would close the list. */
const ignoreFocusOut = true;

export const createDataChoices = (live: LiveProject): DataChoices => ({
  side: (data, now) => chooseSide(live, data, now),
  key: async (table) => {
    const items = columnsOf(table).map((label) => ({ label, picked: table?.key.columns.includes(label) ?? false }));
    const placeHolder = 'Columns that together name a row; none: look for them';
    const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, placeHolder, ignoreFocusOut });
    return chosen?.map(({ label }) => label) ?? null;
  },
  target: async (table) => {
    const placeHolder = 'Column whose changes are changed labels';
    return (await vscode.window.showQuickPick([...columnsOf(table)], { placeHolder, ignoreFocusOut })) ?? null;
  },
});

/** Asks for a state of a data set: a version, what Git has, or the disk. */
export const chooseSide = async (live: LiveProject, data: string, now: DataSide | null): Promise<DataSide | null> => {
  const versions = live
    .current()
    .datasets.filter(({ name, path }) => name === data || path === data)
    .toSorted((left, right) => right.version - left.version);
  const items: (vscode.QuickPickItem & { readonly side: DataSide })[] = [
    { label: '$(folder) The files on disk', side: { kind: 'disk' } },
    {
      label: '$(git-commit) The last commit',
      description: 'what HEAD names',
      side: { kind: 'commit', revision: 'HEAD' },
    },
    { label: '$(git-commit) What is staged', side: { kind: 'index' } },
    ...versions.map(({ version, files, bytes, author, createdAt }) => ({
      label: `$(archive) v${version}`,
      description: `${countOf(files, 'file')} · ${showBytes(bytes)} · by ${author}, ${showAge(createdAt, Date.now())}`,
      side: { kind: 'version' as const, version },
    })),
  ];
  const others = items.filter(({ side }) => JSON.stringify(side) !== JSON.stringify(now));
  return (
    (await vscode.window.showQuickPick(others, { placeHolder: `Compare ${data} with`, ignoreFocusOut }))?.side ?? null
  );
};

/** Every column that a difference tells of. */
const columnsOf = (table: TableDifference | undefined): readonly string[] =>
  table === undefined
    ? []
    : [
        ...new Set([
          ...table.key.columns,
          ...table.shifts.map(({ column }) => column),
          ...table.cells.map(({ column }) => column),
          ...[...table.added, ...table.removed].flatMap(({ cells }) => cells.map(({ column }) => column)),
        ]),
      ];
