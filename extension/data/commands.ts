import * as vscode from 'vscode';
import type { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import type { Commands } from '../command.ts';
import type { Documents } from '../documents.ts';
import { pathIn } from '../folder.ts';
import { countOf, showBytes } from '../format.ts';
import type { LiveProject } from '../sidecar/events.ts';
import { readFault, sayFault } from '../sidecar/fault.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { subjectOf } from '../tree/row.ts';
import { differenceText } from './difference-text.ts';

export interface DataNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Sidecar;
  readonly live: LiveProject;
  readonly documents: Documents;
}

export const dataCommands = (needs: DataNeeds): Commands => ({
  'trainyard.versionData': (argument) => versionData(needs, argument),
  'trainyard.restoreData': (argument) => restoreData(needs, argument),
  'trainyard.diffData': (argument) => diffData(needs, argument),
});

const versionData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const path = await pathFor(needs, argument);
  if (path === null) return;
  const client = await needs.sidecar.ready();
  const version = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: `Versioning ${path}` },
    () => client.versionDataset({ path }),
  );
  const size = `${countOf(version.files, 'file')}, ${showBytes(version.bytes)}`;
  vscode.window.setStatusBarMessage(`$(archive) ${version.name}@v${version.version}: ${size}`, 5_000);
};

const pathFor = async ({ folder }: DataNeeds, argument: unknown): Promise<string | null> => {
  const subject = subjectOf(argument);
  if (subject?.kind === 'dataset') return subject.path;
  if (folder === null) return null;
  const uri = argument instanceof vscode.Uri ? argument : await askForData(folder);
  if (uri === null) return null;
  const path = pathIn(folder, uri);
  if (path === null) throw new Error('Data is versioned where it lies, inside the folder that is open.');
  return path;
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

const versionOf = async ({ live }: DataNeeds, argument: unknown, question: string): Promise<DatasetVersion | null> => {
  const { datasets } = live.current();
  const subject = subjectOf(argument);
  if (subject?.kind === 'dataVersion') {
    return datasets.find(({ name, version }) => name === subject.dataset && version === subject.version) ?? null;
  }
  const offered = subject?.kind === 'dataset' ? datasets.filter(({ name }) => name === subject.dataset) : datasets;
  const items = offered
    .toSorted((left, right) => left.name.localeCompare(right.name) || right.version - left.version)
    .map((dataset) => ({
      dataset,
      label: `${dataset.name}@v${dataset.version}`,
      description: `${countOf(dataset.files, 'file')} · ${showBytes(dataset.bytes)}`,
    }));
  return (await vscode.window.showQuickPick(items, { placeHolder: question }))?.dataset ?? null;
};

const restoreData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const wanted = await versionOf(needs, argument, 'Restore which version?');
  if (wanted === null) return;
  const name = `${wanted.name}@v${wanted.version}`;
  const agreed = await vscode.window.showWarningMessage(
    `Restore ${name}?`,
    { modal: true, detail: `${wanted.path} will hold exactly the ${countOf(wanted.files, 'file')} of that version.` },
    'Restore',
  );
  if (agreed === undefined) return;
  const client = await needs.sidecar.ready();
  const { written, removed, kept } = await restore(client, wanted);
  const where = kept === null ? '' : ` What was replaced is kept in ${kept}.`;
  vscode.window.setStatusBarMessage(`$(history) ${name}: ${written} written, ${removed} removed.${where}`, 8_000);
};

/** Files that belong to no version are only replaced after a second question. */
const restore = async (client: Client, { name, version }: DatasetVersion) => {
  try {
    return await client.restoreDataset({ dataset: name, version });
  } catch (error) {
    if (readFault(error).code !== 'restore-refused') throw error;
    const detail = 'They belong to no version. They will be kept in a folder beside it.';
    const agreed = await vscode.window.showWarningMessage(sayFault(error), { modal: true, detail }, 'Replace');
    if (agreed === undefined) throw error;
    return client.restoreDataset({ dataset: name, version, force: true });
  }
};

const diffData = async (needs: DataNeeds, argument: unknown): Promise<void> => {
  const from = await versionOf(needs, argument, 'Compare which version?');
  if (from === null) return;
  const others = needs.live
    .current()
    .datasets.filter(({ name, version }) => name === from.name && version !== from.version);
  const items = [
    { label: 'The files on disk', to: 'disk' as const },
    ...others
      .toSorted((left, right) => right.version - left.version)
      .map(({ version }) => ({ label: `v${version}`, to: version })),
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: `Compare ${from.name}@v${from.version} with`,
  });
  if (chosen === undefined) return;
  const client = await needs.sidecar.ready();
  const difference = await client.diffDatasets({ dataset: from.name, from: from.version, to: chosen.to });
  await needs.documents.show(`${from.name} v${from.version} to ${chosen.to}.md`, differenceText(from.name, difference));
};
