import type { Hash } from '../../contract/ids.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { writeDvcCache, type CacheWritten } from '../../versions/dvc/write-cache.ts';
import type { Job } from '../job.ts';

export interface WriteCacheInput {
  readonly root: string;
  readonly cache: string;
  readonly dataFolder: string;
  readonly version: Hash;
}

/** Writes a version into DVC's cache. */
export const writeCacheJob: Job<WriteCacheInput, CacheWritten> = ({ root, cache, dataFolder, version }, context) => {
  const store = openDataStore(dataFolder);
  return writeDvcCache({ root, cache, store, version: needVersion(store, version) }, context);
};
