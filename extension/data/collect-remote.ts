import * as vscode from 'vscode';
import { withCallProgress } from './call-progress.ts';
import { existingRemote } from './choose-remote.ts';
import { sayRemoteCollection, sayRemoteFreed } from './collect-text.ts';
import type { DataNeeds } from './data-needs.ts';

/** Frees space of a remote that no version on its lists needs: first it tells how much and when, then it asks. */
export const collectRemote = async (needs: DataNeeds): Promise<void> => {
  const client = await needs.sidecar.ready();
  const remote = await existingRemote(client);
  if (remote === null) return;
  const { name } = remote;
  const dry = await withCallProgress(`Looking for data in ${name} that no version needs`, (call) =>
    client.collectRemote({ remote: name, dryRun: true }, call),
  );
  const { question, action, detail } = sayRemoteCollection(dry, remote, Date.now());
  if (action === null) {
    void vscode.window.showInformationMessage([question, detail].filter((part) => part !== '').join(' '));
    return;
  }
  const agreed = await vscode.window.showWarningMessage(question, { modal: true, detail }, action);
  if (agreed === undefined) return;
  const done = await withCallProgress(`Freeing space in ${name}`, (call) =>
    client.collectRemote({ remote: name }, call),
  );
  void vscode.window.showInformationMessage(sayRemoteFreed(done, name));
};
