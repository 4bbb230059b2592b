import * as vscode from 'vscode';
import type { Client } from '../../sidecar/contract/routes.ts';
import { withCallProgress } from './call-progress.ts';
import { chooseRemote } from './choose-remote.ts';
import type { DataNeeds } from './data-needs.ts';
import { givenVersion, meantPath } from './meant.ts';
import { sayFetched, sayPulled, sayTransfer } from './remote-text.ts';
import { keptFolder, sayUndone, undoReplaced, type Replaced } from './undo.ts';

/**
 * Brings versions to the remote: the one that is meant, or all of the data that is meant, or of all data. One that was
 * removed there comes back when it is named.
 */
export const pushData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await chooseRemote(client);
  if (remote === null) return;
  const dataset = meantPath(needs, argument);
  const version = givenVersion(needs, argument)?.version ?? null;
  const request = { remote, ...(dataset === null ? {} : { dataset }), ...(version === null ? {} : { version }) };
  const transfer = await withCallProgress(`Pushing ${dataset ?? 'data'} to ${remote}`, (call) =>
    client.pushData(request, call),
  );
  vscode.window.setStatusBarMessage(`$(cloud-upload) ${sayTransfer(transfer, remote)}`, 8_000);
  await lookAtRemote(needs, client, remote);
};

/** Brings what the pointers name onto the disk. Changed files are only replaced after a question of their own, and come back by Undo. */
export const pullData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await chooseRemote(client);
  if (remote === null) return;
  const dataset = meantPath(needs, argument);
  const first = await withCallProgress(`Pulling ${dataset ?? 'data'} from ${remote}`, (call) =>
    client.pullData({ remote, ...(dataset === null ? {} : { dataset }) }, call),
  );
  const pulled: Pulled[] = [];
  const replaced: Replaced[] = [];
  for (const one of first) {
    const { restored } = one.refused === null ? one : await replaceIfAgreed(client, one, remote);
    pulled.push({ ...one, restored });
    // A pull goes to what the pointer names: that is what it had named before.
    if (one.refused !== null && restored !== null && restored.kept !== null)
      replaced.push({ before: one.dataset, kept: restored.kept });
  }
  needs.states.refresh();
  await lookAtRemote(needs, client, remote);
  await offerUndo(needs, client, replaced, sayPulled(pulled.map(shortened), remote));
};

type Pulled = Awaited<ReturnType<Client['pullData']>>[number];

const replaceIfAgreed = async (client: Client, { dataset, refused }: Pulled, remote: string) => {
  const detail =
    `Replace brings ${dataset.name}@v${dataset.version}, and moves what lies there now into a folder inside .trainyard, from which Undo brings it back. ` +
    'To keep it as a version, cancel and version the data first.';
  const agreed = await vscode.window.showWarningMessage(refused ?? '', { modal: true, detail }, 'Replace');
  if (agreed === undefined) return { restored: null };
  const [again] = await withCallProgress(`Replacing ${dataset.path}`, (call) =>
    client.pullData({ remote, dataset: dataset.path, force: true, keep: 'all' }, call),
  );
  return { restored: again?.restored ?? null };
};

const offerUndo = async (
  needs: DataNeeds,
  client: Client,
  replaced: readonly Replaced[],
  text: string,
): Promise<void> => {
  const folder = keptFolder(needs, replaced[0]?.kept ?? null);
  const actions = [...(replaced.length === 0 ? [] : ['Undo']), ...(folder === null ? [] : ['Show Kept Files'])];
  const chosen = await vscode.window.showInformationMessage(text, ...actions);
  if (chosen === 'Undo') {
    for (const one of replaced) await undoReplaced(client, one);
    sayUndone(replaced.map(({ before }) => before.path));
    needs.states.refresh();
  }
  if (chosen === 'Show Kept Files' && folder !== null) {
    await vscode.commands.executeCommand('revealInExplorer', folder);
  }
};

/** Brings versions here without touching what lies on disk. */
export const fetchData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await chooseRemote(client);
  if (remote === null) return;
  const dataset = meantPath(needs, argument);
  const known = new Set(needs.live.current().datasets.map(({ path, hash }) => `${path} ${hash}`));
  const fetched = await withCallProgress(`Fetching ${dataset ?? 'data'} from ${remote}`, (call) =>
    client.fetchData({ remote, ...(dataset === null ? {} : { dataset }) }, call),
  );
  const fresh = (await client.listDatasets({})).filter(({ path, hash }) => !known.has(`${path} ${hash}`));
  void vscode.window.showInformationMessage(sayFetched(fetched, remote, fresh));
  await lookAtRemote(needs, client, remote);
};

/** Asks the remote what it has; the view shows it from then on. */
export const remoteStatus = async (needs: DataNeeds): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await chooseRemote(client);
  if (remote !== null) await lookAtRemote(needs, client, remote);
};

/** Asks a remote what it has, and shows it in the view. */
export const lookAtRemote = async (needs: DataNeeds, client: Client, remote: string): Promise<void> => {
  const states = await withCallProgress(`Asking ${remote} what it has`, (call) =>
    client.remoteStatus({ remote }, call),
  );
  needs.states.keepRemote(remote, states);
};

/** Folders of kept files as a person finds them, in the workspace. */
const shortened = (pulled: Pulled): Pulled => {
  const kept = pulled.restored?.kept ?? null;
  if (pulled.restored === null || kept === null) return pulled;
  return { ...pulled, restored: { ...pulled.restored, kept: vscode.workspace.asRelativePath(kept) } };
};
