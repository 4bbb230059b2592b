import * as vscode from 'vscode';

/**
 * Opens a terminal in which the command line says what it would download, asks, and installs; Ctrl-C stops it.
 * @param runtime as `trainyard devices install` names it
 */
export const setUpRuntime = (extensionUri: vscode.Uri, runtime: 'cuda' | 'tfjs'): Promise<void> => {
  const nodePath = vscode.workspace.getConfiguration('trainyard').get<string>('nodePath', '');
  const terminal = vscode.window.createTerminal({
    name: `Trainyard: ${runtime}`,
    shellPath: nodePath === '' ? process.execPath : nodePath,
    shellArgs: [vscode.Uri.joinPath(extensionUri, 'dist', 'cli.cjs').fsPath, 'devices', 'install', runtime],
    // The editor's own program is plain Node by this.
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
  terminal.show();
  return Promise.resolve();
};
