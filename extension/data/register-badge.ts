import * as vscode from 'vscode';
import { badgeOf } from './decorations.ts';
import type { LiveDataStates } from './states.ts';

/** The number of data sets that differ from their pointers, on the view and so on the icon of the activity bar. */
export const registerDataBadge = (view: vscode.TreeView<unknown>, states: LiveDataStates): vscode.Disposable => {
  const show = () => {
    view.badge = badgeOf(states.current()) ?? undefined;
  };
  show();
  return new vscode.Disposable(states.onChange(show));
};
