import * as vscode from 'vscode';
import type { DataConflict, MergeChoice, MergedData } from '../../sidecar/contract/data-merge.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { countOf } from '../format.ts';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';
import { meantVersion } from './meant.ts';
import { explainConflict, explainConflicts, sayMerged } from './merge-text.ts';
import { pickBranch } from './pick-branch.ts';

/** Merges the data of another branch into what lies on disk; conflicts are resolved by the person, or wait. */
export const mergeData = async (needs: DataNeeds): Promise<void> => {
  const client = await needs.sidecar.ready();
  const waiting = await client.listMerges({});
  if (waiting.length > 0) return resolveAll(client, waiting, 'waited');
  const branch = await pickBranch(await client.listDataBranches({}));
  if (branch === null) return;
  const merged = await withCallProgress(`Merging data from ${branch}`, (call) => client.mergeData({ branch }, call));
  if (merged.length === 0) void vscode.window.showInformationMessage(`${branch} has the same data.`);
  else await resolveAll(client, merged, 'new');
};

/** Takes back what one version has changed, and keeps what came after it. */
export const revertData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const wanted = await meantVersion(needs, argument, 'Revert which version?');
  if (wanted === null) return;
  const name = `${wanted.name}@v${wanted.version}`;
  const detail = 'What that version changed is taken back; what came after it stays. The result is a new version.';
  const agreed = await vscode.window.showWarningMessage(`Revert ${name}?`, { modal: true, detail }, 'Revert');
  if (agreed === undefined) return;
  const client = await needs.sidecar.ready();
  const { path: data, version } = wanted;
  const reverted = await withCallProgress(`Reverting ${name}`, (call) => client.revertData({ data, version }, call));
  await resolveAll(client, [reverted], 'new');
};

/** Whether the conflicts came up now, or have waited since an earlier merge. */
type Age = 'new' | 'waited';

const resolveAll = async (client: Client, merged: readonly MergedData[], age: Age): Promise<void> => {
  const said: string[] = [];
  for (const one of merged) said.push(one.outcome === 'conflicts' ? await resolve(client, one, age) : sayMerged(one));
  void vscode.window.showInformationMessage(said.join(' '));
};

const forAll: Readonly<Record<string, MergeChoice>> = {
  'Keep Ours': 'ours',
  'Take Theirs': 'theirs',
  'Keep Both': 'both',
};

/**
 * Asks what is to become of the conflicts of one data set; without an answer they wait.
 * @returns what has become of them, in a sentence
 */
const resolve = async (client: Client, merged: MergedData, age: Age): Promise<string> => {
  const { path, conflicts, conflictCount } = merged;
  const oneByOne = conflictCount === conflicts.length ? ['One by One'] : [];
  const chosen = await vscode.window.showWarningMessage(
    `${countOf(conflictCount, 'conflict')} in ${path}`,
    { modal: true, detail: explainConflicts(merged) },
    ...Object.keys(forAll),
    ...oneByOne,
    ...(age === 'waited' ? ['Give Up'] : []),
  );
  if (chosen === 'Give Up') {
    await client.abandonMerge({ data: path });
    return `The merge of ${path} is given up; nothing was changed.`;
  }
  const choices = chosen === 'One by One' ? await chooseEach(conflicts) : {};
  if (chosen === undefined || choices === null) return sayMerged(merged);
  const all = forAll[chosen] ?? null;
  return sayMerged(
    await withCallProgress(`Resolving ${path}`, (call) => client.resolveData({ data: path, all, choices }, call)),
  );
};

const chooseEach = async (conflicts: readonly DataConflict[]): Promise<Record<string, MergeChoice> | null> => {
  const choices: Record<string, MergeChoice> = {};
  for (const [at, conflict] of conflicts.entries()) {
    const items: (vscode.QuickPickItem & { readonly choice: MergeChoice })[] = [
      { label: 'Keep ours', choice: 'ours' },
      { label: 'Take theirs', choice: 'theirs' },
      { label: 'Keep both', description: 'theirs under a name of its own', choice: 'both' },
    ];
    const chosen = await vscode.window.showQuickPick(items, {
      title: `Conflict ${at + 1} of ${conflicts.length}`,
      placeHolder: explainConflict(conflict),
      ignoreFocusOut: true,
    });
    if (chosen === undefined) return null;
    choices[conflict.path] = chosen.choice;
  }
  return choices;
};
