import { relative, resolve, sep } from 'node:path';
import type { TrackedList } from '../../contract/data-merge.ts';
import type { DatasetVersion } from '../../contract/dataset.ts';
import { dvcNamesNothing } from '../../faults.ts';
import type { DataStore } from '../../versions/data-store.ts';
import { cachedBytes } from '../../versions/dvc/cache.ts';
import type { DvcOutput } from '../../versions/dvc/output.ts';
import { parsePointer } from '../../versions/dvc/pointer.ts';
import { findTracked, findTrackedData } from '../../versions/dvc/tracked-data.ts';
import { versionNamed } from '../../versions/pointed-version.ts';
import type { CacheWritten } from '../../versions/dvc/write-cache.ts';
import type { Job, JobContext } from '../job.ts';
import type { ImportInput, StoredVersion } from './import-job.ts';
import { recordVersion, type VersionNeeds } from './stage.ts';
import type { WriteCacheInput } from './write-cache-job.ts';

export interface DvcDeskNeeds extends VersionNeeds {
  readonly root: string;
  readonly store: DataStore;
  /** Where DVC keeps its objects, as the repository is configured now. */
  readonly cacheOf: () => string;
  readonly importVersion: Job<ImportInput, StoredVersion>;
  readonly writeCache: Job<WriteCacheInput, CacheWritten>;
  readonly context: JobContext;
}

/** What DVC and we do for each other. */
export interface DvcDesk {
  readonly list: () => TrackedList;
  /**
   * The version that a file of DVC names for the data at a path, taken into the catalog. Nothing on disk changes.
   * @throws Fault `dataset-missing`, `version-missing` or `version-damaged`
   */
  readonly adopt: (path: string) => Promise<DatasetVersion>;
  /** The same; null when no file of DVC names that data. */
  readonly find: (path: string) => Promise<DatasetVersion | null>;
  /** The same for what a pointer says, wherever that stands. */
  readonly adoptOutput: (output: DvcOutput) => Promise<DatasetVersion>;
  /**
   * All versions that the text of a `.dvc` file names, as it is at some commit.
   * @param file that the text is of, relative to the workspace
   * @throws Fault `pointer-unreadable`
   */
  readonly adoptText: (text: string, file: string) => Promise<DatasetVersion[]>;
  /** Writes a version into DVC's cache. @throws Fault `version-missing`, `store-locked` */
  readonly hand: (name: string, version: number) => Promise<CacheWritten & { readonly cache: string }>;
}

export const createDvcDesk = (needs: DvcDeskNeeds): DvcDesk => {
  const { root, store, catalog, dataFolder, context } = needs;
  const known = (output: DvcOutput): DatasetVersion | null =>
    versionNamed(
      output,
      catalog.list().filter(({ path }) => path === output.path),
      store,
    );
  const adoptOutput = async (output: DvcOutput): Promise<DatasetVersion> => {
    const version = known(output);
    if (version !== null && store.blobs.has(version.hash)) return version;
    const stored = await needs.importVersion({ output, cache: needs.cacheOf(), dataFolder }, context);
    store.blobs.refresh();
    return recordVersion({ root, path: output.path, ...stored }, needs);
  };
  const find = async (path: string) => {
    const tracked = findTracked(root, relative(root, resolve(root, path)).split(sep).join('/'));
    return tracked === null ? null : adoptOutput(tracked);
  };
  return {
    adoptOutput,
    find,
    adoptText: async (text, file) => {
      const versions: DatasetVersion[] = [];
      for (const output of parsePointer(text, file).outputs) versions.push(await adoptOutput(output));
      return versions;
    },
    adopt: async (path) => {
      const found = await find(path);
      if (found !== null) return found;
      throw dvcNamesNothing(
        path,
        findTrackedData(root).data.map((data) => data.path),
      );
    },
    list: () => {
      const cache = needs.cacheOf();
      const { data, unreadable } = findTrackedData(root);
      return {
        unreadable: [...unreadable],
        data: data.map((output) => ({
          path: output.path,
          file: output.file,
          kind: output.kind,
          stage: output.stage,
          type: output.type,
          md5: output.md5,
          legacy: output.hash === 'md5-dos2unix',
          files: output.files,
          bytes: output.bytes,
          version: known(output)?.version ?? null,
          found: placeOf(output, { store, cache, version: known(output) }),
        })),
      };
    },
    hand: async (name, number) => {
      const cache = needs.cacheOf();
      const version = catalog.find(name, number).hash;
      return { cache, ...(await needs.writeCache({ root, cache, dataFolder, version }, context)) };
    },
  };
};

interface Places {
  readonly store: DataStore;
  readonly cache: string;
  readonly version: DatasetVersion | null;
}

/** A listing in the cache stands for its files there: DVC writes it last. */
const placeOf = ({ version: noted, md5, hash }: DvcOutput, { store, cache, version }: Places) => {
  if ([noted, version?.hash].some((id) => id !== null && id !== undefined && store.blobs.has(id))) return 'store';
  return md5 !== null && cachedBytes(cache, md5, hash) !== null ? 'cache' : 'elsewhere';
};
