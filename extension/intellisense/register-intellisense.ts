import * as vscode from 'vscode';
import { pathIn } from '../folder.ts';
import type { Log } from '../log.ts';
import type { LiveProject } from '../sidecar/events.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { toProjectState } from './project-state.ts';
import { registerCompletion } from './register-completion.ts';
import { registerDiagnostics } from './register-diagnostics.ts';
import { registerFixes } from './register-fixes.ts';
import { registerHover } from './register-hover.ts';
import { registerLenses } from './register-lenses.ts';

export interface IntellisenseNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly live: LiveProject;
  readonly sidecar: Sidecar;
  readonly log: Log;
}

/** Lends the language features of `training.yaml` to the editor. They work without a sidecar and without trust. */
export const registerIntellisense = ({ folder, live, sidecar, log }: IntellisenseNeeds): vscode.Disposable => {
  const stateOf = (document: vscode.TextDocument) =>
    toProjectState(live.current(), folder === null ? null : pathIn(folder, document.uri));
  const onChange = (listener: () => void) => live.onChange(listener);
  return vscode.Disposable.from(
    registerCompletion(stateOf),
    registerHover(stateOf),
    registerLenses({ stateOf, onChange }),
    registerDiagnostics({ folder, stateOf, sidecar, log, onChange }),
    registerFixes(stateOf),
  );
};
