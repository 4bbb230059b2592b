import * as vscode from 'vscode';
import { pathIn } from '../folder.ts';
import type { LiveProject } from '../sidecar/events.ts';
import { dataLenses, type DataLens } from './lenses.ts';
import type { LiveDataStates } from './states.ts';

export interface DataLensNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly live: LiveProject;
  readonly states: LiveDataStates;
}

/** The line of lenses above the first line of a `.dvc` file. */
export const registerDataLenses = ({ folder, live, states }: DataLensNeeds): vscode.Disposable => {
  const changed = new vscode.EventEmitter<void>();
  const stops = [live.onChange(() => changed.fire()), states.onChange(() => changed.fire())];
  const provider = vscode.languages.registerCodeLensProvider(
    { pattern: '**/*.dvc', scheme: 'file' },
    {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: ({ uri }) => {
        const pointer = folder === null ? null : pathIn(folder, uri);
        const { datasets } = live.current();
        const path = datasets.find((dataset) => dataset.pointer === pointer)?.path;
        if (pointer === null || path === undefined) return [];
        return dataLenses({ pointer, datasets, state: states.current().get(path), now: Date.now() }).map(toCodeLens);
      },
    },
  );
  return vscode.Disposable.from(provider, changed, new vscode.Disposable(() => stops.forEach((stop) => stop())));
};

const toCodeLens = ({ title, tooltip, command, argument }: DataLens): vscode.CodeLens =>
  new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), {
    title,
    ...(tooltip === '' ? {} : { tooltip }),
    command: command ?? '',
    ...(command === null ? {} : { arguments: [argument] }),
  });
