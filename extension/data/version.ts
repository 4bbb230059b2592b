import * as vscode from 'vscode';
import { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import { pathIn } from '../folder.ts';
import { countOf, showBytes } from '../format.ts';
import { subjectOf } from '../tree/row.ts';
import { withCallProgress } from './call-progress.ts';
import type { DataNeeds } from './data-needs.ts';

/** Keeps the data on disk as a version. */
export const versionData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const path = await pathFor(needs, argument);
  if (path === null) return;
  const client = await needs.sidecar.ready();
  const version = await withCallProgress(`Versioning ${path}`, (call) => client.versionDataset({ path }, call));
  const size = `${countOf(version.files, 'file')}, ${showBytes(version.bytes)}`;
  vscode.window.setStatusBarMessage(`$(archive) ${version.name}@v${version.version}: ${size}`, 5_000);
};

const pathFor = async ({ folder }: DataNeeds, argument: unknown): Promise<string | null> => {
  const subject = subjectOf(argument);
  if (subject?.kind === 'dataset') return subject.path;
  const given = DatasetVersion.safeParse(argument);
  if (given.success) return given.data.path;
  if (folder === null) return null;
  const uri = argument instanceof vscode.Uri ? argument : await askForData(folder);
  if (uri === null) return null;
  const path = pathIn(folder, uri);
  if (path === null) throw new Error('Data is versioned where it lies, inside the folder that is open.');
  return path.replace(/\.dvc$/, '');
};

const askForData = async (folder: vscode.WorkspaceFolder): Promise<vscode.Uri | null> => {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFolders: true,
    canSelectFiles: true,
    defaultUri: folder.uri,
    openLabel: 'Version',
    title: 'Folder or table to version',
  });
  return chosen?.[0] ?? null;
};

/** Takes up data that DVC has versioned: it gets a version, and no file changes. */
export const adoptData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const path = await trackedPath(needs, argument);
  if (path === null) return;
  const client = await needs.sidecar.ready();
  const version = await withCallProgress(`Adopting ${path}`, (call) => client.adoptData({ path }, call));
  vscode.window.setStatusBarMessage(`$(archive) ${version.name}@v${version.version} is what DVC has`, 5_000);
};

const trackedPath = async ({ states }: DataNeeds, argument: unknown): Promise<string | null> => {
  const subject = subjectOf(argument);
  if (subject?.kind === 'trackedData') return subject.path;
  const items = states.tracked().map(({ path, file }) => ({ label: path, description: file }));
  if (items.length === 0) throw new Error('No file of DVC names data that has no version here yet.');
  return (
    (await vscode.window.showQuickPick(items, { placeHolder: 'Adopt which data?', ignoreFocusOut: true }))?.label ??
    null
  );
};
