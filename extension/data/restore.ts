import * as vscode from 'vscode';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { Client, RouteReply } from '../../sidecar/contract/routes.ts';
import { countOf } from '../format.ts';
import { readFault } from '../sidecar/fault.ts';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';
import { meantVersion } from './meant.ts';

type Restored = RouteReply<'restoreDataset'>;

/** Brings the data on disk to a version, after a question; and back, when that was not meant. */
export const restoreData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const wanted = await meantVersion(needs, argument, 'Restore which version?');
  if (wanted === null) return;
  const agreed = await vscode.window.showWarningMessage(
    `Restore ${nameOf(wanted)}?`,
    { modal: true, detail: `${wanted.path} will hold exactly the ${countOf(wanted.files, 'file')} of that version.` },
    'Restore',
  );
  if (agreed === undefined) return;
  const client = await needs.sidecar.ready();
  const before = versionBefore(needs, wanted);
  const restored = await restore(client, wanted);
  if (restored !== null) await offerUndo(needs, { client, wanted, before, restored });
};

const nameOf = ({ name, version }: Pick<DatasetVersion, 'name' | 'version'>): string => `${name}@v${version}`;

/** What the pointer names now: restoring it undoes the restore. */
const versionBefore = ({ live, states }: DataNeeds, { path }: DatasetVersion): DatasetVersion | null => {
  const version = states.current().get(path)?.version;
  return live.current().datasets.find((one) => one.path === path && one.version === version) ?? null;
};

/**
 * Files that are in no version are only replaced after a second question, which offers to version them first.
 * @returns null when the answer was no
 */
const restore = async (client: Client, wanted: DatasetVersion): Promise<Restored | null> => {
  try {
    return await bring(client, wanted, 'careful');
  } catch (error) {
    if (readFault(error).code !== 'restore-refused') throw error;
    const detail =
      'Version First keeps them as a version of their own. Replace moves them into a folder inside .trainyard.';
    const chosen = await vscode.window.showWarningMessage(
      readFault(error).message,
      { modal: true, detail },
      'Version First',
      'Replace',
    );
    if (chosen === undefined) return null;
    if (chosen === 'Replace') return bring(client, wanted, 'force');
    await withCallProgress(`Versioning ${wanted.path}`, (call) => client.versionDataset({ path: wanted.path }, call));
    return bring(client, wanted, 'careful');
  }
};

const bring = (client: Client, wanted: DatasetVersion, how: 'careful' | 'force'): Thenable<Restored> =>
  withCallProgress(`Restoring ${nameOf(wanted)}`, (call) =>
    client.restoreDataset({ dataset: wanted.name, version: wanted.version, force: how === 'force' }, call),
  );

interface Done {
  readonly client: Client;
  readonly wanted: DatasetVersion;
  readonly before: DatasetVersion | null;
  readonly restored: Restored;
}

const offerUndo = async (needs: DataNeeds, { client, wanted, before, restored }: Done): Promise<void> => {
  const { written, removed, kept } = restored;
  const done = `${nameOf(wanted)} is restored: ${countOf(written, 'file')} written, ${removed.toLocaleString('en')} removed.`;
  const folder = keptFolder(needs, kept);
  const where = folder === null ? '' : ` What was replaced is kept in ${vscode.workspace.asRelativePath(folder)}.`;
  const canUndo = before !== null && before.version !== wanted.version;
  const actions = [...(canUndo ? ['Undo'] : []), ...(folder === null ? [] : ['Show Kept Files'])];
  const chosen = await vscode.window.showInformationMessage(`${done}${where}`, ...actions);
  if (chosen === 'Undo' && before !== null) {
    await bring(client, before, 'careful');
    vscode.window.setStatusBarMessage(`$(discard) ${nameOf(before)} is back`, 5_000);
  }
  if (chosen === 'Show Kept Files' && folder !== null) {
    await vscode.commands.executeCommand('revealInExplorer', folder);
  }
};

/** The sidecar runs where the files are; on another machine its paths belong to the scheme of the workspace. */
const keptFolder = ({ folder }: DataNeeds, kept: string | null): vscode.Uri | null =>
  kept === null || folder === null ? null : folder.uri.with({ path: vscode.Uri.file(kept).path });
