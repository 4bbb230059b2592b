import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
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

/** A configuration by its path and the text of its `data.dataset`; null where it says none that can be read. */
export type Concerns = (configuration: string, dataset: string | null) => boolean;

/**
 * The configurations of the workspace that are meant, all of them right.
 * @throws Fault `configuration-invalid` for the first of them that has findings
 */
export const requireTrainings = (root: string, environment: NodeJS.ProcessEnv, concerns: Concerns): KnownTraining[] =>
  findConfigurations(root).flatMap((path) => {
    const { training, findings, document } = resolveConfiguration({ root, path, environment });
    const dataset = training?.data.dataset ?? DatasetOnly.safeParse(document.value).data?.data.dataset ?? null;
    if (!concerns(path, dataset)) return [];
    if (training === null) throw refuseFindings(path, findings);
    return [{ path, training }];
  });

/** What is asked of a file that is not right otherwise. */
const DatasetOnly = z.looseObject({ data: z.looseObject({ dataset: z.string() }) });

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

/** Whether a text of `data.dataset` is this data set, pinned or not. */
export const namesData = (
  dataset: string,
  { path, name }: { readonly path: string; readonly name: string },
): boolean => {
  const written = dataset
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
  known.find(({ training }) => training.data.target !== undefined && namesData(training.data.dataset, data))?.training
    .data.target ?? null;
