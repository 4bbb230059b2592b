import * as vscode from 'vscode';
import { language } from '../ids.ts';
import { lenses, type Lens } from '../../sidecar/language/lenses.ts';
import type { ProjectState } from '../../sidecar/language/project.ts';

export interface LensNeeds {
  readonly stateOf: (document: vscode.TextDocument) => ProjectState;
  /** @returns stops the listener. */
  readonly onChange: (listener: () => void) => () => void;
}

/** The line of lenses above the first line of `training.yaml`. */
export const registerLenses = ({ stateOf, onChange }: LensNeeds): vscode.Disposable => {
  const changed = new vscode.EventEmitter<void>();
  const stop = onChange(() => changed.fire());
  const provider = vscode.languages.registerCodeLensProvider(
    { language, scheme: 'file' },
    {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: (document) => lenses(stateOf(document)).map((lens) => toCodeLens(lens, document.uri)),
    },
  );
  return vscode.Disposable.from(provider, changed, new vscode.Disposable(stop));
};

const toCodeLens = ({ title, command, runs }: Lens, uri: vscode.Uri): vscode.CodeLens =>
  new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command, arguments: argumentsOf(runs, uri) });

const argumentsOf = (runs: readonly string[], uri: vscode.Uri): unknown[] => {
  if (runs.length === 0) return [uri];
  return runs.length === 1 ? [runs[0]] : [runs];
};
