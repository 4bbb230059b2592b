import type { DatasetKind } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import { recognizeKind } from '../../datasets/kind.ts';
import { createObjects } from '../../versions/objects.ts';
import { snapshot } from '../../versions/snapshot.ts';
import type { Job } from '../job.ts';

export interface SnapshotInput {
  readonly root: string;
  /** The data set, relative to the workspace. */
  readonly path: string;
  readonly objectsFolder: string;
  /** Folder of stat indexes. */
  readonly indexes: string;
}

export interface SnapshotOutput {
  readonly hash: Hash;
  readonly kind: DatasetKind;
  readonly files: number;
  readonly bytes: number;
  /** Class folders and other folders with nothing in them; a version cannot keep them. */
  readonly emptyFolders: readonly string[];
}

/** Stores the data as it lies on disk as a version. */
export const snapshotJob: Job<SnapshotInput, SnapshotOutput> = async (
  { root, path, objectsFolder, indexes },
  context,
) => {
  const taken = await snapshot({ root, path, indexes, objects: createObjects(objectsFolder) }, context);
  const { hash, files, bytes, emptyFolders } = taken;
  return { hash, files, bytes, emptyFolders, kind: recognizeKind(taken.manifest) };
};
