import * as vscode from 'vscode';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';
import { meantPath } from './meant.ts';
import { qualityText, sayQuality } from './quality-text.ts';

/** Judges `data.checks`: of the data that is meant, or of all that have some. */
export const checkData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const path = meantPath(needs, argument);
  const client = await needs.sidecar.ready();
  const checks = await withCallProgress('Checking data', (call) =>
    client.checkData(path === null ? {} : { path }, call),
  );
  if (checks.length === 0) {
    const what = path === null ? 'No training.yaml has' : `No training.yaml that trains on ${path} has`;
    void vscode.window.showInformationMessage(`${what} data.checks. They hold a run whose data breaks them.`);
    return;
  }
  await needs.marks.show(checks);
  await needs.documents.show('data quality.md', qualityText(checks));
  vscode.window.setStatusBarMessage(`$(checklist) ${sayQuality(checks)}`, 5_000);
};
