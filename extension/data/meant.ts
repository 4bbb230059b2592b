import * as vscode from 'vscode';
import { DatasetVersion } from '../../sidecar/contract/dataset.ts';
import { pathIn } from '../folder.ts';
import type { LiveProject } from '../sidecar/events.ts';
import { subjectOf } from '../tree/row.ts';
import { sayVersion } from './lenses.ts';
import type { LiveDataStates } from './states.ts';

export interface MeantNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly live: LiveProject;
  readonly states: Pick<LiveDataStates, 'current'>;
}

/** A data set that has versions. */
export interface KnownData {
  readonly name: string;
  readonly path: string;
  /** Newest first. */
  readonly versions: readonly DatasetVersion[];
}

/** The version that a command was called on: a row, a lens, or the one that is chosen. @returns null for none */
export const meantVersion = async (
  needs: MeantNeeds,
  argument: unknown,
  question: string,
): Promise<DatasetVersion | null> => {
  const given = givenVersion(needs, argument);
  if (given !== null || subjectOf(argument)?.kind === 'dataVersion') return given;
  const data = dataOf(needs, argument);
  const items = (data === null ? knownData(needs) : [data])
    .flatMap(({ versions }) => versions)
    .map((version) => ({
      version,
      label: `$(${isNamed(needs, version) ? 'check' : 'archive'}) ${version.name}@v${version.version}`,
      description: sayVersion(version, Date.now()),
    }));
  return (await vscode.window.showQuickPick(items, { placeHolder: question, ignoreFocusOut: true }))?.version ?? null;
};

/** The version that a command was called on; null when it was called on none. */
export const givenVersion = (needs: MeantNeeds, argument: unknown): DatasetVersion | null => {
  const given = DatasetVersion.safeParse(argument);
  if (given.success) return given.data;
  const subject = subjectOf(argument);
  if (subject?.kind !== 'dataVersion') return null;
  const { versions } = knownData(needs).find(({ name }) => name === subject.dataset) ?? { versions: [] };
  return versions.find(({ version }) => version === subject.version) ?? null;
};

/** Whether the pointer names it. */
const isNamed = ({ states }: MeantNeeds, { path, version }: DatasetVersion): boolean =>
  states.current().get(path)?.version === version;

/** The data set that a command was called on, or the one that is chosen. @returns null for none */
export const meantData = async (needs: MeantNeeds, argument: unknown, question: string): Promise<KnownData | null> => {
  const data = dataOf(needs, argument);
  if (data !== null) return data;
  const all = knownData(needs);
  if (all.length === 1) return all[0] ?? null;
  const items = all.map((known) => ({ known, label: known.name, description: known.path }));
  return (await vscode.window.showQuickPick(items, { placeHolder: question, ignoreFocusOut: true }))?.known ?? null;
};

/** The path of the data set that a command was called on; null when it was called on none. */
export const meantPath = (needs: MeantNeeds, argument: unknown): string | null => dataOf(needs, argument)?.path ?? null;

/** By a row, a version, or the data or its `.dvc` file in the explorer. */
const dataOf = (needs: MeantNeeds, argument: unknown): KnownData | null => {
  const named = nameIn(argument);
  const given = DatasetVersion.safeParse(argument);
  const file = given.success ? given.data.path : fileIn(needs, argument);
  if (named === null && file === null) return null;
  const isMeant = ({ name, path, versions }: KnownData) =>
    named === name || path === file || versions[0]?.pointer === file;
  return knownData(needs).find(isMeant) ?? null;
};

const nameIn = (argument: unknown): string | null => {
  const subject = subjectOf(argument);
  return subject?.kind === 'dataset' || subject?.kind === 'dataVersion' ? subject.dataset : null;
};

const fileIn = ({ folder }: MeantNeeds, argument: unknown): string | null =>
  argument instanceof vscode.Uri && folder !== null ? pathIn(folder, argument) : null;

const knownData = ({ live }: MeantNeeds): readonly KnownData[] => {
  const { datasets } = live.current();
  return [...new Set(datasets.map(({ path }) => path))].toSorted().map((path) => {
    const versions = datasets
      .filter((dataset) => dataset.path === path)
      .toSorted((left, right) => right.version - left.version);
    return { path, name: versions[0]?.name ?? path, versions };
  });
};
