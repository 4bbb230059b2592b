import * as vscode from 'vscode';
import type { Place } from '../sidecar/contract/fault.ts';
import type { Log } from './log.ts';
import { readFault, sayFault } from './sidecar/fault.ts';

/** Shows a fault in its own words; a bug is logged with its stack. */
export const notifyFault = async (error: unknown, log: Log): Promise<void> => {
  const { code, places } = readFault(error);
  if (code === 'cancelled') return;
  if (code === null && error instanceof Error) log.error(error);
  const [place] = places;
  const actions = [...(place === undefined ? [] : ['Open File']), 'Show Log'];
  const chosen = await vscode.window.showErrorMessage(sayFault(error), ...actions);
  if (chosen === 'Show Log') log.show();
  if (chosen === 'Open File' && place !== undefined) await openPlace(place);
};

/** Opens a file at a place that a fault named; lines and columns count from 1. */
const openPlace = async ({ file, line = 1, column = 1 }: Place): Promise<void> => {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) return;
  const at = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, file), { selection: new vscode.Range(at, at) });
};

/** The toasts that a user may switch off, each by its setting. */
export type ToastSetting = 'runEnded' | 'drift';

export interface Toast {
  readonly setting: ToastSetting;
  readonly level: 'information' | 'warning' | 'error';
  readonly message: string;
  readonly actions: readonly { readonly title: string; readonly act: () => void }[];
}

const show = {
  information: vscode.window.showInformationMessage,
  warning: vscode.window.showWarningMessage,
  error: vscode.window.showErrorMessage,
} as const;

const SILENCE = "Don't Show Again";

/** Shows a toast unless its setting is off; every toast can switch itself off. */
export const toast = async ({ setting, level, message, actions }: Toast): Promise<void> => {
  const settings = vscode.workspace.getConfiguration('trainyard.notifications');
  if (!settings.get<boolean>(setting, true)) return;
  const chosen = await show[level](message, ...actions.map(({ title }) => title), SILENCE);
  if (chosen === SILENCE) await settings.update(setting, false, vscode.ConfigurationTarget.Global);
  else actions.find(({ title }) => title === chosen)?.act();
};
