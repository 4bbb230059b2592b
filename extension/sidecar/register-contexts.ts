import * as vscode from 'vscode';
import type { LiveProject } from './events.ts';
import type { Sidecar } from './process.ts';
import { contextsOf, dataPathsOf } from './contexts.ts';

export interface ContextNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Sidecar;
  readonly live: LiveProject;
}

/** Keeps the `when` keys of menus, welcome views and commands true. */
export const registerContexts = ({ folder, sidecar, live }: ContextNeeds): vscode.Disposable => {
  const known = new Map<string, string>();
  const set = () => {
    const project = live.current();
    // Until the project has been read, an empty view would say that there is nothing.
    const state = sidecar.state() === 'ready' && !project.read ? 'starting' : sidecar.state();
    const dataPaths = dataPathsOf(project).map((path) =>
      folder === null ? path : vscode.Uri.joinPath(folder.uri, path).fsPath,
    );
    const contexts = { ...contextsOf(project), 'trainyard.dataPaths': dataPaths, 'trainyard.sidecar': state };
    for (const [key, value] of Object.entries(contexts)) {
      const text = JSON.stringify(value);
      if (known.get(key) === text) continue;
      known.set(key, text);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  };
  set();
  const stops = [sidecar.onState(set), live.onChange(set)];
  return new vscode.Disposable(() => {
    for (const stop of stops) stop();
  });
};
