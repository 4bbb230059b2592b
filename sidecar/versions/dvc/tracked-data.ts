import { existsSync, readdirSync, type Dirent } from 'node:fs';
import { join, posix } from 'node:path';
import { Fault, reportFault } from '../../faults.ts';
import type { FaultReport } from '../../contract/fault.ts';
import { parseLockFile, stageFolders } from './lock-file.ts';
import type { DvcOutput } from './output.ts';
import { readPointer, type Pointer } from './pointer.ts';
import { readText } from './read-text.ts';

/** Data of which a file of DVC in the workspace names a version. */
export interface TrackedData extends DvcOutput {
  /** The `.dvc` file or `dvc.lock`, relative to the workspace. */
  readonly file: string;
  readonly kind: Pointer['kind'];
  /** The stage of `dvc.yaml` that made it. */
  readonly stage: string | null;
}

export interface TrackedList {
  /** By path. */
  readonly data: readonly TrackedData[];
  /** Files that are no files of DVC, as in the middle of a merge. */
  readonly unreadable: readonly FaultReport[];
}

const foreign = new Set(['.git', '.hg', '.dvc', '.trainyard', 'node_modules', '.venv', '__pycache__']);

/**
 * Finds all `.dvc` files and `dvc.lock` files of a workspace. Folders of data are not looked into, nor repositories of
 * DVC inside it, nor is any link followed.
 */
export const findTrackedData = (root: string): TrackedList => {
  const data: TrackedData[] = [];
  const unreadable: FaultReport[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const file of entries.filter(isDvcFile)) {
      try {
        data.push(...readTracked(root, posix.join(folder, file.name)));
      } catch (error) {
        if (!(error instanceof Fault && error.code === 'pointer-unreadable')) throw error;
        unreadable.push(reportFault(error));
      }
    }
    const known = new Set(data.map(({ path }) => path));
    const inner = entries.filter((entry) => entry.isDirectory() && !foreign.has(entry.name));
    const paths = inner.map(({ name }) => posix.join(folder, name));
    folders.push(...paths.filter((path) => !known.has(path) && !existsSync(join(root, path, '.dvc'))));
  }
  return { data: data.sort((a, b) => (a.path < b.path ? -1 : 1)), unreadable };
};

const isDvcFile = (entry: Dirent): boolean =>
  entry.isFile() && (entry.name === 'dvc.lock' || (entry.name.endsWith('.dvc') && entry.name !== '.dvc'));

const readTracked = (root: string, file: string): TrackedData[] => {
  if (posix.basename(file) !== 'dvc.lock') {
    const { kind, outputs } = readPointer(root, file) ?? { kind: 'data', outputs: [] };
    return outputs.map((output) => ({ ...output, file, kind, stage: null }));
  }
  const pipeline = posix.join(posix.dirname(file), 'dvc.yaml');
  const folders = stageFolders(readText(join(root, pipeline)) ?? '', pipeline);
  const outputs = parseLockFile(readText(join(root, file)) ?? '', file, folders);
  return outputs.filter(({ cached }) => cached).map((output) => ({ ...output, file, kind: 'stage' }));
};

/**
 * What names the version of the data at `path`: its own pointer where there is one, else the stage that makes it.
 * @returns null when no file of DVC names it
 */
export const findTracked = (root: string, path: string): TrackedData | null => {
  const own = readTrackedPointer(root, path);
  return own ?? findTrackedData(root).data.find((data) => data.path === path) ?? null;
};

const readTrackedPointer = (root: string, path: string): TrackedData | null => {
  const file = `${path}.dvc`;
  return existsSync(join(root, file)) ? (readTracked(root, file).find((data) => data.path === path) ?? null) : null;
};

/** Whether a file of DVC names this data, what it lies in, or a part of it. */
export const isNamedElsewhere = (root: string, path: string): boolean =>
  findTrackedData(root).data.some(
    (data) => data.path === path || data.path.startsWith(`${path}/`) || path.startsWith(`${data.path}/`),
  );
