import * as vscode from 'vscode';
import { findConfigurations } from '../experiments/configuration.ts';
import { configurationFiles, otherFolders } from '../ids.ts';
import type { Log } from '../log.ts';
import { sayFault } from './fault.ts';
import type { Sidecar } from './process.ts';

export interface WakeNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Sidecar;
  readonly log: Log;
}

/**
 * Connects once a trusted workspace has something to show: a training configuration, or a store of earlier runs.
 * Says in words, with a way out, when the sidecar could not be kept running.
 */
export const registerWaking = (needs: WakeNeeds): vscode.Disposable => {
  const wake = () => void wakeIfNeeded(needs);
  const { folder, sidecar, log } = needs;
  const stopStates = sidecar.onState((state) => {
    if (state === 'failed') void offerRetry(sidecar, log);
  });
  wake();
  const watchers: vscode.Disposable[] = [];
  if (folder !== null) {
    const files = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, configurationFiles),
      false,
      true,
      false,
    );
    watchers.push(files, files.onDidCreate(wake), files.onDidDelete(wake));
  }
  return vscode.Disposable.from(
    ...watchers,
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      sidecar.allow();
      wake();
    }),
    new vscode.Disposable(stopStates),
  );
};

const wakeIfNeeded = async ({ folder, sidecar, log }: WakeNeeds): Promise<void> => {
  if (folder === null) return;
  const configurations = await findConfigurations(folder);
  await vscode.commands.executeCommand('setContext', 'trainyard.hasConfiguration', configurations.length > 0);
  // Pointers of DVC alone start nothing: nobody has asked for Trainyard in that folder yet.
  await vscode.commands.executeCommand('setContext', 'trainyard.hasPointers', await hasPointers(folder));
  const worthIt = configurations.length > 0 || (await hasStore(folder));
  if (!worthIt || !vscode.workspace.isTrusted || sidecar.state() !== 'idle') return;
  await sidecar.ready().catch((error: unknown) => log.warn(`Not connected: ${sayFault(error)}`));
};

const hasStore = async (folder: vscode.WorkspaceFolder): Promise<boolean> => {
  const found = await vscode.workspace.findFiles(
    new vscode.RelativePattern(folder, '.trainyard/trainyard.db'),
    null,
    1,
  );
  return found.length > 0;
};

const hasPointers = async (folder: vscode.WorkspaceFolder): Promise<boolean> => {
  const found = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, '**/*.dvc'), otherFolders, 1);
  return found.length > 0;
};

const offerRetry = async (sidecar: Sidecar, log: Log): Promise<void> => {
  const chosen = await vscode.window.showErrorMessage('The Trainyard sidecar does not run.', 'Show Log', 'Retry');
  if (chosen === 'Show Log') log.show();
  if (chosen === 'Retry') await sidecar.restart().catch((error: unknown) => log.warn(`Retry: ${sayFault(error)}`));
};
