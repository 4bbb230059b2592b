import * as vscode from 'vscode';
import type { ModelEntry } from '../../sidecar/contract/model.ts';
import type { Commands } from '../command.ts';
import type { LiveProject } from '../sidecar/events.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { subjectOf } from '../tree/row.ts';
import { pickVersion } from './pick-version.ts';

export interface RegistryNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Sidecar;
  readonly live: LiveProject;
}

export const registryCommands = (needs: RegistryNeeds): Commands => ({
  'trainyard.promoteModel': (argument) => promote(needs, argument),
  'trainyard.rollbackModel': (argument) => rollBack(needs, argument),
  'trainyard.exportModel': (argument) => exportModel(needs, argument),
});

const versionOf = async ({ live }: RegistryNeeds, argument: unknown, question: string): Promise<ModelEntry | null> => {
  const { models } = live.current();
  const subject = subjectOf(argument);
  const meant =
    subject?.kind === 'version'
      ? models.find(({ name, version }) => name === subject.model && version === subject.version)
      : undefined;
  return meant ?? pickVersion(models, question);
};

const promote = async (needs: RegistryNeeds, argument: unknown): Promise<void> => {
  const entry = await versionOf(needs, argument, 'Which version becomes the champion?');
  if (entry === null) return;
  const { name, version } = entry;
  const { models, endpoints } = needs.live.current();
  const champion = models.find((one) => one.name === name && one.aliases.includes('champion'));
  if (champion?.version === version) throw new Error(`${name} v${version} is the champion already.`);
  const why = await vscode.window.showInputBox({
    title: `Promote ${name} v${version}`,
    prompt: 'Why? The reason is kept in the history of the model.',
    placeHolder: 'better on the newest data',
  });
  if (why === undefined) return;
  const serves = endpoints.some((endpoint) => endpoint.deployment.model === name && endpoint.state === 'serving');
  const agreed = await vscode.window.showWarningMessage(
    `Make ${name} v${version} the champion?`,
    { modal: true, detail: sayMove({ name, from: champion?.version ?? null, to: version, serves }) },
    'Promote',
  );
  if (agreed === undefined) return;
  await (await needs.sidecar.ready()).promoteModel({ model: name, version, why });
  vscode.window.setStatusBarMessage(`$(rocket) ${name} v${version} is the champion`, 5_000);
};

interface Move {
  readonly name: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly serves: boolean;
}

const sayMove = ({ name, from, to, serves }: Move): string => {
  const show = (version: number | null) => (version === null ? 'none' : `v${version}`);
  const endpoint = serves ? ` The endpoint ${name} serves ${show(to)} from then on.` : '';
  return `The champion of ${name} goes from ${show(from)} to ${show(to)}.${endpoint}`;
};

const rollBack = async (needs: RegistryNeeds, argument: unknown): Promise<void> => {
  const { models, endpoints } = needs.live.current();
  const model = await modelOf(models, argument);
  if (model === null) return;
  const client = await needs.sidecar.ready();
  const moves = await client.listAliasMoves({ model });
  const last = moves.filter(({ alias }) => alias === 'champion').toSorted((left, right) => right.at - left.at)[0];
  if (last?.from == null) throw new Error(`${model} has had one champion only; there is nothing to roll back to.`);
  const serves = endpoints.some((endpoint) => endpoint.deployment.model === model && endpoint.state === 'serving');
  const agreed = await vscode.window.showWarningMessage(
    `Roll back ${model} to v${last.from}?`,
    { modal: true, detail: sayMove({ name: model, from: last.to, to: last.from, serves }) },
    'Roll Back',
  );
  if (agreed === undefined) return;
  const move = await client.rollbackModel({ model, why: 'rolled back in the editor' });
  vscode.window.setStatusBarMessage(`$(discard) ${model} v${move.to ?? 0} is the champion again`, 5_000);
};

const modelOf = async (models: readonly ModelEntry[], argument: unknown): Promise<string | null> => {
  const subject = subjectOf(argument);
  if (subject?.kind === 'model' || subject?.kind === 'version') return subject.model;
  const names = [...new Set(models.map(({ name }) => name))];
  if (names.length === 1) return names[0] ?? null;
  return (await vscode.window.showQuickPick(names, { placeHolder: 'Roll back which model?' })) ?? null;
};

const exportModel = async (needs: RegistryNeeds, argument: unknown): Promise<void> => {
  const entry = await versionOf(needs, argument, 'Export which version?');
  if (entry === null || needs.folder === null) return;
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(needs.folder.uri, `${entry.name}-v${entry.version}.onnx`),
    filters: { 'ONNX model': ['onnx'] },
    title: `Export ${entry.name} v${entry.version}`,
  });
  if (target === undefined) return;
  const client = await needs.sidecar.ready();
  const { path } = await client.exportModel({ model: entry.name, version: entry.version, to: target.fsPath });
  vscode.window.setStatusBarMessage(`$(export) ${path}`, 5_000);
};
