import * as vscode from 'vscode';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { Client, RouteReply } from '../../sidecar/contract/routes.ts';
import { countOf } from '../format.ts';
import { readFault } from '../sidecar/fault.ts';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';
import { meantVersion } from './meant.ts';
import { explainState } from './state.ts';
import { keptFolder, sayUndone, undoReplaced } from './undo.ts';

/** Brings the data on disk to a version, after a question; and back, when that was not meant. */
export const restoreData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const wanted = await meantVersion(needs, argument, 'Restore which version?');
  if (wanted === null) return;
  const agreed = await vscode.window.showWarningMessage(
    `Restore ${nameOf(wanted)}?`,
    { modal: true, detail: explainRestore(needs, wanted) },
    'Restore',
  );
  if (agreed === undefined) return;
  const client = await needs.sidecar.ready();
  const done = await restore(needs, client, wanted);
  if (done !== null) await offerUndo(needs, client, done);
};

const nameOf = ({ name, version }: Pick<DatasetVersion, 'name' | 'version'>): string => `${name}@v${version}`;

const explainRestore = ({ states }: DataNeeds, { name, path, files }: DatasetVersion): string => {
  const state = states.current().get(path);
  const then = `${path} will hold exactly the ${countOf(files, 'file')} of that version.`;
  return state?.kind === 'changed' ? `${explainState(name, state)}\n\n${then}` : then;
};

interface Done {
  readonly wanted: DatasetVersion;
  /** What the pointer named; null when that is not known. */
  readonly before: DatasetVersion | null;
  readonly restored: RouteReply<'restoreDataset'>;
  /** Whether all that it replaced is kept, so that it can be undone whatever lay there. */
  readonly keep: Keep;
}

type Keep = 'unstored' | 'all';

/**
 * Files that are in no version are only replaced after a second question, which offers to version them first.
 * @returns null when the answer was no
 */
const restore = async (needs: DataNeeds, client: Client, wanted: DatasetVersion): Promise<Done | null> => {
  const { path } = wanted;
  const before = versionBefore(needs, wanted);
  // Files that were moved are in a version, and yet no version has them where they lie.
  const keep = needs.states.current().get(path)?.kind === 'changed' ? 'all' : 'unstored';
  try {
    return { wanted, before, keep, restored: await bring(client, wanted, { force: false, keep }) };
  } catch (error) {
    const { code, places } = readFault(error);
    // A file that the system holds back is named; no answer would help.
    if (code !== 'restore-refused' || places.length > 0) throw error;
    const detail =
      'Version First keeps them as a version of their own. Replace moves them into a folder inside .trainyard.';
    const question = readFault(error).message;
    const chosen = await vscode.window.showWarningMessage(
      question,
      { modal: true, detail },
      'Version First',
      'Replace',
    );
    if (chosen === undefined) return null;
    if (chosen === 'Replace') {
      return { wanted, before, keep: 'all', restored: await bring(client, wanted, { force: true, keep: 'all' }) };
    }
    const saved = await withCallProgress(`Versioning ${path}`, (call) => client.versionDataset({ path }, call));
    return { wanted, before: saved, keep: 'unstored', restored: await bring(client, wanted, asItIs) };
  }
};

/** What the pointer names now: restoring it undoes the restore. */
const versionBefore = ({ live, states }: DataNeeds, { path }: DatasetVersion): DatasetVersion | null => {
  const version = states.current().get(path)?.version;
  return live.current().datasets.find((one) => one.path === path && one.version === version) ?? null;
};

interface How {
  readonly force: boolean;
  readonly keep: Keep;
}

/** For data that is a version, so that nothing of it can be lost. */
const asItIs: How = { force: false, keep: 'unstored' };

const bring = (client: Client, wanted: DatasetVersion, how: How): Thenable<Done['restored']> =>
  withCallProgress(`Restoring ${nameOf(wanted)}`, (call) =>
    client.restoreDataset({ dataset: wanted.name, version: wanted.version, ...how }, call),
  );

const offerUndo = async (needs: DataNeeds, client: Client, done: Done): Promise<void> => {
  const { wanted, keep, restored } = done;
  const folder = keptFolder(needs, restored.kept);
  const undoable = changesNothing(done) ? null : done.before;
  const actions = [...(undoable === null ? [] : ['Undo']), ...(folder === null ? [] : ['Show Kept Files'])];
  const chosen = await vscode.window.showInformationMessage(sayRestored(done, folder), ...actions);
  if (chosen === 'Undo' && undoable !== null) {
    if (keep === 'all' && restored.kept !== null) await undoReplaced(client, { before: undoable, kept: restored.kept });
    // A version holds all that lay there.
    else await bring(client, undoable, asItIs);
    sayUndone([wanted.path]);
  }
  if (chosen === 'Show Kept Files' && folder !== null) {
    await vscode.commands.executeCommand('revealInExplorer', folder);
  }
};

const changesNothing = ({ wanted, before, restored }: Done): boolean =>
  restored.kept === null && before?.version === wanted.version;

const sayRestored = ({ wanted, restored: { written, removed } }: Done, kept: vscode.Uri | null): string => {
  const where = kept === null ? '' : ` What was replaced is kept in ${vscode.workspace.asRelativePath(kept)}.`;
  return `${nameOf(wanted)} is restored: ${countOf(written, 'file')} written, ${removed.toLocaleString('en')} removed.${where}`;
};
