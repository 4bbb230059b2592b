import type { DatasetKind } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import { recognizeKind } from '../../datasets/kind.ts';
import { openDataStore, type DataStore } from '../../versions/data-store.ts';
import { importVersion } from '../../versions/dvc/import-version.ts';
import type { DvcOutput } from '../../versions/dvc/output.ts';
import { readFiles, readVersion } from '../../versions/tree/version.ts';
import type { Job } from '../job.ts';

export interface ImportInput {
  readonly output: DvcOutput;
  /** Folder of DVC's cache. */
  readonly cache: string;
  readonly dataFolder: string;
}

/** What the catalog says of a version that is stored. */
export interface StoredVersion {
  readonly hash: Hash;
  readonly kind: DatasetKind;
  readonly files: number;
  readonly bytes: number;
}

/** Stores the version that a file of DVC names, from our own note where it is stored already, else from DVC's cache. */
export const importJob: Job<ImportInput, StoredVersion> = async ({ output, cache, dataFolder }, context) => {
  const store = openDataStore(dataFolder);
  const noted = output.version;
  if (noted !== null && store.blobs.has(noted)) return describeStored(store, noted);
  return describeStored(store, await importVersion({ output, cache, store }, context));
};

export const describeStored = ({ blobs }: DataStore, version: Hash): StoredVersion => {
  const { type, files, bytes } = readVersion(blobs, version);
  return { hash: version, kind: recognizeKind({ type, files: readFiles(blobs, version) }), files, bytes };
};
