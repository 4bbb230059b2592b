import * as vscode from 'vscode';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';
import { isWhole, sayDamage, sayRepaired, sayWhole } from './verify-text.ts';

/** Reads every stored byte again; what is damaged is repaired after a question. */
export const verifyData = async (needs: DataNeeds): Promise<void> => {
  const client = await needs.sidecar.ready();
  const found = await withCallProgress('Reading all stored data', (call) => client.verifyData({}, call));
  if (isWhole(found)) {
    void vscode.window.showInformationMessage(sayWhole(found));
    return;
  }
  const { title, detail } = sayDamage(found);
  const agreed = await vscode.window.showWarningMessage(title, { modal: true, detail }, 'Repair');
  if (agreed === undefined) return;
  const repaired = await withCallProgress('Repairing stored data', (call) => client.verifyData({ repair: true }, call));
  const { lost, text } = sayRepaired(repaired);
  void (lost ? vscode.window.showErrorMessage(text) : vscode.window.showInformationMessage(text));
};
