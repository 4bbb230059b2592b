import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import { startPointedVersion } from '../dvc/pointed-data.ts';
import { md5OfFile } from '../tree/md5-table.ts';
import { readVersion, type VersionHead } from '../tree/version.ts';
import { readDisk, type Disk, type DiskOrder, type Keeping } from './disk.ts';
import { sizeOf, toVersionFile } from './index-entry.ts';
import { isLarge, startReport } from './report.ts';

export interface SnapshotOrder extends Omit<DiskOrder, 'store' | 'stored' | 'trust'> {
  readonly store: DataStore;
}

export interface Snapshot extends VersionHead {
  readonly version: Hash;
  /** Folders with nothing in them; a version cannot keep them. */
  readonly emptyFolders: readonly string[];
  /** Folders that were left out because they are DVC repositories of their own. */
  readonly repositories: readonly string[];
}

/**
 * Stores a data set as a version: the bytes that are not there yet, then the tree that names them. The user's files
 * are read, never moved, and those that did not change since the last look are not even read. When it returns, the
 * version is durable, and the MD5 of every file is known.
 * @throws Fault `dataset-missing`, `dataset-unreadable`, or the signal's reason
 */
export const snapshot = async (order: SnapshotOrder, context: JobContext): Promise<Snapshot> => {
  const { store } = order;
  context.signal.throwIfAborted();
  // From here on nothing that is found in the store is taken away by a collection.
  const draft = store.blobs.openDraft();
  try {
    const trust = { content: store.blobs.has, version: store.blobs.has };
    const keeping: Keeping = {
      folder: store.folder,
      draft,
      startVersion: (nodes, type) => startPointedVersion(nodes, type, store.md5s),
    };
    const disk = await readDisk({ ...order, store: keeping, stored: store.blobs, trust }, context);
    try {
      const { version } = disk;
      if (version === null) throw new Error('What is stored has a name.');
      // What the hands have stored is durable by now, so that the tree never names what is not there.
      draft.commit();
      disk.settle(version);
      await completeMd5s(disk, store, context);
      const { emptyFolders, repositories } = disk.walk;
      return { version, ...readVersion(store.blobs, version), emptyFolders, repositories };
    } finally {
      await disk.close();
    }
  } finally {
    draft.discard();
  }
};

/** Large files are read a second time: their version is saved already, and needs their MD5 for DVC alone. */
const completeMd5s = async (disk: Disk, { md5s, contents }: DataStore, context: JobContext): Promise<void> => {
  const missing: Buffer[] = [];
  for (const entry of disk.entries()) {
    if (isLarge(sizeOf(entry)) && md5s.get(toVersionFile(entry).content) === undefined) missing.push(entry);
  }
  const total = { files: missing.length, bytes: missing.reduce((sum, entry) => sum + sizeOf(entry), 0) };
  const report = startReport('checked for DVC', total, context);
  await Promise.all(
    missing.map(async (entry) => {
      const md5 = await disk.md5(entry, report.bytes);
      const file = toVersionFile(entry);
      // One that has changed since is read from the store.
      if (md5 === null) md5OfFile(file, contents, md5s);
      else md5s.put(file.content, md5);
      await report.files([file.size]);
    }),
  );
};
