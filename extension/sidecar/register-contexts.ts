import * as vscode from 'vscode';
import type { LiveProject } from './events.ts';
import type { Sidecar } from './process.ts';
import { contextsOf } from './contexts.ts';

export interface ContextNeeds {
  readonly sidecar: Sidecar;
  readonly live: LiveProject;
}

/** Keeps the `when` keys of menus, welcome views and commands true. */
export const registerContexts = ({ sidecar, live }: ContextNeeds): vscode.Disposable => {
  const known = new Map<string, unknown>();
  const set = () => {
    const project = live.current();
    // Until the project has been read, an empty view would say that there is nothing.
    const state = sidecar.state() === 'ready' && !project.read ? 'starting' : sidecar.state();
    const contexts = { ...contextsOf(project), 'trainyard.sidecar': state };
    for (const [key, value] of Object.entries(contexts)) {
      if (known.get(key) === value) continue;
      known.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  };
  set();
  const stops = [sidecar.onState(set), live.onChange(set)];
  return new vscode.Disposable(() => {
    for (const stop of stops) stop();
  });
};
