import * as vscode from 'vscode';
import { pathIn } from '../folder.ts';
import type { LiveProject } from '../sidecar/events.ts';
import { decorationOf } from './decorations.ts';
import type { LiveDataStates } from './states.ts';

export interface DecorationNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly live: LiveProject;
  readonly states: LiveDataStates;
}

/** Signs on data sets and pointers in the explorer, and wherever else the editor shows them. */
export const registerDecorations = ({ folder, live, states }: DecorationNeeds): vscode.Disposable => {
  if (folder === null) return new vscode.Disposable(() => undefined);
  const changed = new vscode.EventEmitter<vscode.Uri[]>();
  const uriOf = (path: string) => vscode.Uri.joinPath(folder.uri, path);
  const stop = states.onChange(() => {
    const paths = live.current().datasets.flatMap(({ path, pointer }) => [path, pointer]);
    changed.fire([...new Set(paths)].map(uriOf));
  });
  const provider = vscode.window.registerFileDecorationProvider({
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration: (uri) => {
      const file = pathIn(folder, uri);
      const dataset = live.current().datasets.find(({ path, pointer }) => path === file || pointer === file);
      const state = dataset === undefined ? undefined : states.current().get(dataset.path);
      const shown = dataset === undefined || state === undefined ? null : decorationOf(dataset.name, state);
      if (shown === null) return undefined;
      return new vscode.FileDecoration(shown.badge, shown.tooltip, new vscode.ThemeColor(shown.color));
    },
  });
  return vscode.Disposable.from(provider, changed, new vscode.Disposable(stop));
};
