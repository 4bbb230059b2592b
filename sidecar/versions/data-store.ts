import { join } from 'node:path';
import { versionNotStored } from '../faults.ts';
import type { Hash } from '../contract/ids.ts';
import { openBlobs, type Blobs } from './store/blobs.ts';
import { createContents, type Contents } from './tree/contents.ts';
import { openMd5Table, type Md5Table } from './tree/md5-table.ts';

/** The store of data versions: `.trainyard/data`. */
export interface DataStore {
  readonly folder: string;
  readonly blobs: Blobs;
  readonly contents: Contents;
  readonly md5s: Md5Table;
}

export const openDataStore = (folder: string): DataStore => {
  const blobs = openBlobs(folder);
  return { folder, blobs, contents: createContents(blobs), md5s: openMd5Table(join(folder, 'md5')) };
};

/** @throws Fault `version-missing` when nothing of the version is stored here: the catalog may know more than the store */
export const needVersion = ({ blobs }: Pick<DataStore, 'blobs'>, version: Hash): Hash => {
  if (!blobs.has(version)) blobs.refresh();
  if (!blobs.has(version)) throw versionNotStored(version);
  return version;
};
