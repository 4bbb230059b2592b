import * as vscode from 'vscode';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';

/** What a restore has replaced, all of it kept, so that it can be undone whatever lay there. */
export interface Replaced {
  /** What the pointer named before. */
  readonly before: DatasetVersion;
  /** The folder that the restore has named. */
  readonly kept: string;
}

/** Brings back what lay there, as it lay there. */
export const undoReplaced = async (client: Client, { before, kept }: Replaced): Promise<void> => {
  const { name: dataset, version, path } = before;
  const undone = await withCallProgress(`Bringing back what was at ${path}`, (call) =>
    client.undoRestore({ dataset, version, kept }, call),
  );
  if (undone.kept === null) return;
  const since = vscode.workspace.asRelativePath(undone.kept);
  void vscode.window.showInformationMessage(`What was written to ${path} since is kept in ${since}.`);
};

export const sayUndone = (paths: readonly string[]): void => {
  const are = paths.length === 1 ? 'is as it was' : 'are as they were';
  vscode.window.setStatusBarMessage(`$(discard) ${paths.join(', ')} ${are} before`, 5_000);
};

/** The sidecar runs where the files are; on another machine its paths belong to the scheme of the workspace. */
export const keptFolder = ({ folder }: Pick<DataNeeds, 'folder'>, kept: string | null): vscode.Uri | null =>
  kept === null || folder === null ? null : folder.uri.with({ path: vscode.Uri.file(kept).path });
