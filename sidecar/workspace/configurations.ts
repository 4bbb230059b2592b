import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../contract/fault.ts';
import type { Training } from '../contract/training.ts';
import { refuseFindings, resolveConfiguration } from './config.ts';
import { placeOf } from './place.ts';

/** A configuration of the workspace that is right. */
export interface KnownTraining {
  /** Relative to the workspace, with forward slashes. */
  readonly path: string;
  readonly training: Training;
}

const DEEPEST_FOLDER = 8;
const foreign = new Set(['node_modules', '.git', '.trainyard', '.venv', '.dvc']);

/** Paths of all files that are called like a configuration, in order; data folders, which have a pointer, are left out. */
export const findConfigurations = (root: string): string[] => {
  const visit = (folder: string, depth: number): string[] => {
    if (depth > DEEPEST_FOLDER) return [];
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) return entry.name.endsWith('training.yaml') ? [path] : [];
      const isData = entry.isDirectory() && existsSync(join(root, `${path}.dvc`));
      return entry.isDirectory() && !isData && !foreign.has(entry.name) ? visit(path, depth + 1) : [];
    });
  };
  return visit('', 0).sort();
};

/**
 * Every configuration of the workspace, all of them right.
 * @throws Fault `configuration-invalid` for the first that has findings
 */
export const requireTrainings = (root: string, environment: NodeJS.ProcessEnv): KnownTraining[] =>
  findConfigurations(root).map((path) => {
    const { training, findings } = resolveConfiguration({ root, path, environment });
    if (training === null) throw refuseFindings(path, findings);
    return { path, training };
  });

/** Where a setting stands in a configuration; the file alone where it does not. */
export const placeOfSetting = (root: string, file: string, path: readonly (string | number)[]): Place => {
  const { document, text } = resolveConfiguration({ root, path: file, environment: process.env });
  const place = document.find(path);
  return { ...(place === null ? { file } : placeOf(file, text, place.key)), path: [...path] };
};

/** Every configuration of the workspace that means something; those with findings are for the editor to explain. */
export const listTrainings = (root: string, environment: NodeJS.ProcessEnv): KnownTraining[] =>
  findConfigurations(root).flatMap((path) => {
    const { training } = resolveConfiguration({ root, path, environment });
    return training === null ? [] : [{ path, training }];
  });

/** Whether `data.dataset` of a configuration is this data set, pinned or not. */
export const trainsOn = (
  { data }: Training,
  { path, name }: { readonly path: string; readonly name: string },
): boolean => {
  const written = data.dataset
    .replace(/@v?\d+$/, '')
    .replace(/^\.\//, '')
    .replace(/\/+$/, '');
  return written === path || written === name;
};

/** `data.target` of the first configuration that trains on this data set and says one. */
export const targetOf = (
  known: readonly KnownTraining[],
  data: { readonly path: string; readonly name: string },
): string | null =>
  known.find(({ training }) => training.data.target !== undefined && trainsOn(training, data))?.training.data.target ??
  null;
