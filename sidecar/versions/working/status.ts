import { join } from 'node:path';
import type { DatasetDifference } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import { describeDifference } from '../difference.ts';
import { realPath } from '../inside.ts';
import { differencesOnDisk, differencesToNothing } from './differences.ts';
import { readDisk, type DiskOrder } from './disk.ts';
import { trustAll } from './look-part.ts';

export interface StatusOrder extends Omit<DiskOrder, 'store' | 'stored' | 'trust'> {
  readonly store: DataStore;
  /** The version that the disk is compared with. */
  readonly version: Hash;
}

export interface Status {
  /** Null when nothing lies there. */
  readonly disk: { readonly files: number; readonly bytes: number } | null;
  /** From the version to the disk. */
  readonly difference: Omit<DatasetDifference, 'from' | 'to'>;
}

/**
 * What differs on disk from a version. Files that changed since the last look are read to be named; nothing is stored.
 * @throws Fault `dataset-unreadable`, `store-damaged`, or the signal's reason
 */
export const lookStatus = async (order: StatusOrder, context: JobContext): Promise<Status> => {
  const { root, path, store, version } = order;
  if (realPath(join(root, path)) === null) {
    return { disk: null, difference: describeDifference(differencesToNothing(store.blobs, version)) };
  }
  const disk = await readDisk({ ...order, store: null, stored: store.blobs, trust: trustAll }, context);
  try {
    const difference = describeDifference(differencesOnDisk(store.blobs, version, disk));
    const { added, removed, changed } = difference;
    disk.settle(added + removed + changed === 0 ? version : null);
    return { disk: { files: disk.files, bytes: disk.bytes }, difference };
  } finally {
    await disk.close();
  }
};
