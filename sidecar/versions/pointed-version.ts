import type { DatasetVersion } from '../contract/dataset.ts';
import { Fault } from '../faults.ts';
import type { DataStore } from './data-store.ts';
import { isKnownAs } from './dvc/dvc-name.ts';
import type { DvcOutput } from './dvc/output.ts';
import { readPointer } from './dvc/pointer.ts';

interface PointerPlace {
  readonly root: string;
  /** Path of the `.dvc` file, relative to the workspace. */
  readonly pointer: string;
  readonly versions: readonly DatasetVersion[];
  readonly store: DataStore;
}

/**
 * The version that a pointer on disk names, as after `git checkout`; null when it names none that is known here,
 * or is gone.
 */
export const pointedVersion = ({ root, pointer, versions, store }: PointerPlace): DatasetVersion | null => {
  const own = versions.filter((version) => version.pointer === pointer);
  const named = readOutputs(root, pointer).find(({ path }) => own.some((version) => version.path === path));
  return named === undefined ? null : versionNamed(named, own, store);
};

/** The one of these versions that an output names: by our note, else by the MD5. */
export const versionNamed = (
  output: DvcOutput,
  versions: readonly DatasetVersion[],
  store: DataStore,
): DatasetVersion | null => {
  const noted = versions.find(({ hash }) => hash === output.version);
  if (noted !== undefined) return noted;
  // Other processes version data.
  store.blobs.refresh();
  return versions.find(({ hash }) => store.blobs.has(hash) && isKnownAs(store, hash, output)) ?? null;
};

const readOutputs = (root: string, pointer: string): readonly DvcOutput[] => {
  try {
    return readPointer(root, pointer)?.outputs ?? [];
  } catch (error) {
    // In the middle of a merge Git leaves its markers there: it names no version.
    if (error instanceof Fault && error.code === 'pointer-unreadable') return [];
    throw error;
  }
};
