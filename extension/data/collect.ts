import * as vscode from 'vscode';
import { showBytes } from '../format.ts';
import { withCallProgress } from './call-progress.ts';
import { sayCollection, sayFreed } from './collect-text.ts';
import type { DataNeeds } from './data-needs.ts';

/** Frees the space of stored bytes that no version needs: first it tells how much, then it asks. */
export const collectData = async (needs: DataNeeds): Promise<void> => {
  const client = await needs.sidecar.ready();
  const dry = await withCallProgress('Looking for data that nothing needs', (call) =>
    client.collectData({ dryRun: true }, call),
  );
  const { bytes, detail } = sayCollection(dry);
  if (bytes === 0) {
    void vscode.window.showInformationMessage(`There is nothing to free. ${detail}`);
    return;
  }
  const agreed = await vscode.window.showWarningMessage(
    `Free ${showBytes(bytes)} of stored data?`,
    { modal: true, detail },
    'Free Space',
  );
  if (agreed === undefined) return;
  const done = await withCallProgress('Freeing space', (call) => client.collectData({}, call));
  void vscode.window.showInformationMessage(sayFreed(done));
};
