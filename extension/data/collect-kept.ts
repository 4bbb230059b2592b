import * as vscode from 'vscode';
import { showBytes } from '../format.ts';
import { withCallProgress } from './call-progress.ts';
import { sayKept } from './collect-text.ts';
import type { DataNeeds } from './data-needs.ts';

/** Removes all files that restores have replaced and kept, after a question that lists them. */
export const collectKept = async (needs: DataNeeds): Promise<void> => {
  const client = await needs.sidecar.ready();
  const dry = await withCallProgress('Looking for files that restores have replaced', (call) =>
    client.collectKept({ dryRun: true, days: null }, call),
  );
  if (dry.restores.length === 0) {
    void vscode.window.showInformationMessage('There is nothing to free: no restore has kept files that it replaced.');
    return;
  }
  const { question, detail } = sayKept(dry, Date.now());
  const agreed = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Remove All');
  if (agreed === undefined) return;
  const { freedBytes } = await withCallProgress('Removing replaced files', (call) =>
    client.collectKept({ days: null }, call),
  );
  void vscode.window.showInformationMessage(`${showBytes(freedBytes)} of replaced files have left the disk.`);
};
