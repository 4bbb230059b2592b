import * as vscode from 'vscode';
import type { RunId } from '../../sidecar/contract/ids.ts';
import type { RunSummary } from '../../sidecar/contract/run.ts';
import { showAge, showNumber } from '../format.ts';
import { runLooks } from './status.ts';

interface RunItem extends vscode.QuickPickItem {
  readonly run: RunId;
}

/** Asks for one run. @returns null when nothing was picked. */
export const pickRun = async (runs: readonly RunSummary[], placeHolder: string): Promise<RunId | null> => {
  const picked = await vscode.window.showQuickPick(runs.map(toItem), { placeHolder, matchOnDescription: true });
  return picked?.run ?? null;
};

/** Asks for two to eight runs. @returns in the order of the list, the oldest first; empty when nothing was picked. */
export const pickRuns = async (runs: readonly RunSummary[]): Promise<readonly RunId[]> => {
  const picked = await vscode.window.showQuickPick(runs.map(toItem), {
    placeHolder: 'Choose two to eight runs to compare; the oldest is the base',
    canPickMany: true,
    matchOnDescription: true,
  });
  return (picked ?? []).map(({ run }) => run).toReversed();
};

const toItem = (run: RunSummary): RunItem => {
  const metric = run.metric === null ? [] : [`${run.metric.name} ${showNumber(run.metric.value)}`];
  return {
    run: run.id,
    label: `${run.id} ${run.experiment}`,
    description: [runLooks[run.status].word, ...metric, showAge(run.createdAt, Date.now())].join(' · '),
  };
};
