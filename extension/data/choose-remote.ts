import * as vscode from 'vscode';
import type { Remote } from '../../sidecar/contract/remote.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { countOf } from '../format.ts';

/** The remote that is meant: the chosen one, one of several, or one that is added now. @returns null for none */
export const chooseRemote = async (client: Client): Promise<string | null> => {
  const remotes = await client.listRemotes({});
  return remotes.length === 0 ? addRemote(client) : ((await oneOf(remotes))?.name ?? null);
};

/** The remote that is meant, for what makes no sense without one. @returns null where none of several was chosen */
export const existingRemote = async (client: Client): Promise<Remote | null> => {
  const remotes = await client.listRemotes({});
  if (remotes.length === 0) throw new Error('There is no remote yet. Push Data asks for one.');
  return oneOf(remotes);
};

const oneOf = async (remotes: readonly Remote[]): Promise<Remote | null> => {
  const chosen = remotes.find((remote) => remote.chosen) ?? (remotes.length === 1 ? remotes[0] : undefined);
  if (chosen !== undefined) return chosen;
  const items = remotes.map((remote) => ({ remote, label: remote.name, description: remote.url }));
  const placeHolder = `Which of the ${countOf(remotes.length, 'remote')}?`;
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.remote ?? null;
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
