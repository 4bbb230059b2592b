import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { dataNotHere, dataNotVersionable, datasetMissing } from '../faults.ts';

/** Whether `path` is `folder` itself or lies below it. Both are taken as they are written. */
export const isInside = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

export interface DataPlace {
  /** As the configuration says it, tidied: relative to the workspace, with forward slashes. */
  readonly path: string;
  /** Where it really lies, all links resolved. */
  readonly absolute: string;
}

/**
 * Where a data set of the workspace lies.
 * @throws Fault `dataset-missing`, or `dataset-unreadable` when it leads out of the workspace or is all of it
 */
export const resolveData = (root: string, path: string): DataPlace => {
  const tidy = pathInside(root, path);
  const absolute = realPath(resolve(root, tidy));
  if (absolute === null) throw existsSync(resolve(root, `${tidy}.dvc`)) ? dataNotHere(tidy) : datasetMissing(tidy);
  if (!isInside(realpathSync(root), absolute))
    throw dataNotVersionable(tidy, 'it is a link that leads out of the workspace');
  return { path: tidy, absolute };
};

/**
 * The path of a data set as it is written, tidied: relative to the workspace, with forward slashes. Nothing need be there.
 * @throws Fault `dataset-unreadable` when it leads out of the workspace or is all of it
 */
export const pathInside = (root: string, path: string): string => {
  const named = resolve(root, path);
  if (!isInside(root, named)) throw dataNotVersionable(path, 'it lies outside the workspace');
  const tidy = relative(root, named).split(sep).join('/');
  if (tidy === '') throw dataNotVersionable(path, 'it is the whole workspace');
  return tidy;
};

/** How a system says that nothing is there: no file, a file for a folder, a name that it cannot have. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

/** @returns null when there is nothing */
export const realPath = (path: string): string | null => {
  try {
    return realpathSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && absent.has(String(error.code))) return null;
    throw error;
  }
};
