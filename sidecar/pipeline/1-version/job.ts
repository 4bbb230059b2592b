import type { DatasetKind } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import { recognizeKind } from '../../datasets/kind.ts';
import { openDataStore } from '../../versions/data-store.ts';
import { pointedData } from '../../versions/dvc/pointed-data.ts';
import type { PointedData } from '../../versions/dvc/write-pointer.ts';
import { readFiles } from '../../versions/tree/version.ts';
import type { DataLocation } from '../../versions/working/data-location.ts';
import { recoverRestores, type RestorePlace } from '../../versions/working/recover.ts';
import { snapshot } from '../../versions/working/snapshot.ts';
import { entryPath } from '../../work/entry.ts';
import type { Job } from '../job.ts';

/** Where heavy work on a data set finds it, and its versions. */
export interface DataPlace extends DataLocation {
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
}

export interface SnapshotInput extends DataPlace {
  /** Where restores of this workspace may have been interrupted. */
  readonly unfinished: RestorePlace;
  /** Versions whose kind is known already. */
  readonly known: readonly Hash[];
}

export interface SnapshotOutput {
  readonly pointed: PointedData;
  /** Null for a version whose kind is known. */
  readonly kind: DatasetKind | null;
  /** Class folders and other folders with nothing in them; a version cannot keep them. */
  readonly emptyFolders: readonly string[];
  /** Folders that were left out because they are DVC repositories of their own. */
  readonly repositories: readonly string[];
}

/** Stores the data as it lies on disk as a version. */
export const snapshotJob: Job<SnapshotInput, SnapshotOutput> = async (input, context) => {
  recoverRestores(input.unfinished, context.log);
  const store = openDataStore(input.dataFolder);
  const taken = await snapshot({ ...input, store, threadProgram: entryPath('data') }, context);
  const { version, type, emptyFolders, repositories } = taken;
  const files = () => readFiles(store.blobs, version);
  const kind = input.known.includes(version) ? null : recognizeKind({ type, files: files() });
  return { pointed: pointedData(store, version), kind, emptyFolders, repositories };
};
