import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatasetVersion } from '../contract/dataset.ts';
import { hashDirListing } from './dvc/dir-listing.ts';
import { parseManifest } from './manifest.ts';
import type { Objects } from './objects.ts';

interface PointerPlace {
  readonly root: string;
  /** Path of the `.dvc` file, relative to the workspace. */
  readonly pointer: string;
  readonly versions: readonly DatasetVersion[];
  readonly objects: Pick<Objects, 'get'>;
}

/**
 * The version that a pointer on disk names, as after `git checkout`; null when it names none that is known here,
 * or is gone.
 */
export const pointedVersion = ({ root, pointer, versions, objects }: PointerPlace): DatasetVersion | null => {
  const named = readMd5(join(root, pointer));
  if (named === null) return null;
  const md5Of = ({ hash }: DatasetVersion): string => {
    const { type, files } = parseManifest(objects.get(hash));
    return type === 'folder' ? hashDirListing(files) : (files[0]?.md5 ?? '');
  };
  return versions.filter((version) => version.pointer === pointer).find((version) => md5Of(version) === named) ?? null;
};

const readMd5 = (path: string): string | null => {
  try {
    return /^[\s-]*md5: ([0-9a-f]{32}(?:\.dir)?)\s*$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};
