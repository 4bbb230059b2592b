import * as vscode from 'vscode';
import { pathIn } from '../folder.ts';
import { configurationFiles, language, otherFolders } from '../ids.ts';

/** The training configurations of the workspace, as paths relative to it, shortest first. */
export const findConfigurations = async (folder: vscode.WorkspaceFolder): Promise<readonly string[]> => {
  const pattern = new vscode.RelativePattern(folder, configurationFiles);
  const found = await vscode.workspace.findFiles(pattern, otherFolders, 100);
  return found
    .map((uri) => pathIn(folder, uri))
    .filter((path) => path !== null)
    .toSorted((left, right) => left.length - right.length || left.localeCompare(right));
};

/**
 * Which configuration is meant: the file that a command was called on, the one in the active editor, the only one,
 * or the one that is picked. Unsaved changes are saved, since the sidecar reads the file.
 * @returns null when nothing was picked.
 */
export const chooseConfiguration = async (
  folder: vscode.WorkspaceFolder,
  argument: unknown,
): Promise<string | null> => {
  const asked = argument instanceof vscode.Uri ? argument : activeConfiguration();
  const path = asked === null ? await pickConfiguration(folder) : pathIn(folder, asked);
  if (path === null) return null;
  const uri = vscode.Uri.joinPath(folder.uri, path).toString();
  await vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri && document.isDirty)?.save();
  return path;
};

const activeConfiguration = (): vscode.Uri | null => {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === language && document.uri.scheme === 'file' ? document.uri : null;
};

const pickConfiguration = async (folder: vscode.WorkspaceFolder): Promise<string | null> => {
  const paths = await findConfigurations(folder);
  if (paths.length > 1)
    return (await vscode.window.showQuickPick(paths, { placeHolder: 'Which configuration?' })) ?? null;
  const [only] = paths;
  if (only !== undefined) return only;
  const chosen = await vscode.window.showInformationMessage(
    'This folder has no training.yaml yet.',
    'Create Training File',
  );
  if (chosen !== undefined) await vscode.commands.executeCommand('trainyard.createTrainingFile');
  return null;
};
