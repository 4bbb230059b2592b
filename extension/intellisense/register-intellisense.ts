import * as vscode from 'vscode';
import { pathIn } from '../folder.ts';
import type { Log } from '../log.ts';
import type { LiveProject } from '../sidecar/events.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { followModelFiles } from './model-files.ts';
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
  const files = followModelFiles(folder);
  const stateOf = (document: vscode.TextDocument) =>
    toProjectState(live.current(), folder === null ? null : pathIn(folder, document.uri), files.current());
  const onChange = (listener: () => void) => {
    files.onChange(listener);
    return live.onChange(listener);
  };
  return vscode.Disposable.from(
    files.watching,
    registerCompletion(stateOf),
    registerHover(stateOf),
    registerLenses({ stateOf, onChange }),
    registerDiagnostics({ folder, stateOf, sidecar, log, onChange }),
    registerFixes(stateOf),
  );
};
