import * as vscode from 'vscode';
import type { Client } from '../../sidecar/contract/routes.ts';
import { countOf } from '../format.ts';
import { readFault } from '../sidecar/fault.ts';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';
import { meantPath } from './meant.ts';
import { sayFetched, sayPulled, sayTransfer } from './remote-text.ts';

/** Brings versions to the remote: of the data that is meant, or of all. */
export const pushData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await chosenRemote(client);
  if (remote === null) return;
  const dataset = meantPath(needs, argument);
  const transfer = await withCallProgress(`Pushing ${dataset ?? 'data'} to ${remote}`, (call) =>
    client.pushData({ remote, ...(dataset === null ? {} : { dataset }) }, call),
  );
  vscode.window.setStatusBarMessage(`$(cloud-upload) ${sayTransfer(transfer, remote)}`, 8_000);
  await lookAtRemote(needs, client, remote);
};

/** Brings what the pointers name onto the disk. Changed files are only replaced after a second question. */
export const pullData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await chosenRemote(client);
  if (remote === null) return;
  const dataset = meantPath(needs, argument);
  const pull = (force: boolean) =>
    withCallProgress(`Pulling ${dataset ?? 'data'} from ${remote}`, (call) =>
      client.pullData({ remote, force, ...(dataset === null ? {} : { dataset }) }, call),
    );
  const pulled = await asking(pull);
  if (pulled === null) return;
  void vscode.window.showInformationMessage(sayPulled(pulled.map(shortened), remote));
  needs.states.refresh();
  await lookAtRemote(needs, client, remote);
};

/** Brings versions here without touching what lies on disk. */
export const fetchData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await chosenRemote(client);
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
  const remote = await chosenRemote(client);
  if (remote !== null) await lookAtRemote(needs, client, remote);
};

const lookAtRemote = async (needs: DataNeeds, client: Client, remote: string): Promise<void> => {
  const states = await withCallProgress(`Asking ${remote} what it has`, (call) =>
    client.remoteStatus({ remote }, call),
  );
  needs.states.keepRemote(remote, states);
};

/** Folders of kept files as a person finds them, in the workspace. */
const shortened = (pulled: Pulled[number]): Pulled[number] => {
  const kept = pulled.restored?.kept ?? null;
  if (pulled.restored === null || kept === null) return pulled;
  return { ...pulled, restored: { ...pulled.restored, kept: vscode.workspace.asRelativePath(kept) } };
};

type Pulled = Awaited<ReturnType<Client['pullData']>>;

const asking = async (pull: (force: boolean) => Thenable<Pulled>): Promise<Pulled | null> => {
  try {
    return await pull(false);
  } catch (error) {
    if (readFault(error).code !== 'restore-refused') throw error;
    const detail =
      'Replace brings what the pointer names, and moves what lies there now into a folder inside .trainyard. ' +
      'To keep it as a version, cancel and version the data first.';
    const question = readFault(error).message;
    const agreed = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Replace');
    return agreed === undefined ? null : pull(true);
  }
};

/** The remote that is meant: the chosen one, one of several, or one that is added now. */
const chosenRemote = async (client: Client): Promise<string | null> => {
  const remotes = await client.listRemotes({});
  const chosen = remotes.find((remote) => remote.chosen) ?? (remotes.length === 1 ? remotes[0] : undefined);
  if (chosen !== undefined) return chosen.name;
  if (remotes.length === 0) return addRemote(client);
  const items = remotes.map(({ name, url }) => ({ label: name, description: url }));
  const placeHolder = `Which of the ${countOf(remotes.length, 'remote')}?`;
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.label ?? null;
};

const addRemote = async (client: Client): Promise<string | null> => {
  const url = await vscode.window.showInputBox({
    title: 'Where is data kept?',
    prompt: 'A bucket, a folder on another machine or on this one. It is written to .dvc/config, as DVC has it.',
    placeHolder: 's3://bucket/folder, ssh://host/folder or /mnt/share/data',
    ignoreFocusOut: true,
  });
  if (url === undefined || url === '') return null;
  await client.addRemote({ name: 'storage', url });
  await client.chooseRemote({ name: 'storage' });
  return 'storage';
};
