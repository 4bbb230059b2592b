import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../../contract/ids.ts';
import { versionDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import { openDraft, syncFolder, writeDurably } from '../durable.ts';
import { readVersion } from '../tree/version.ts';
import { cachePath } from './cache.ts';
import { withDvcLock } from './dvc-lock.ts';
import { dvcObjects, type DvcObject } from './objects.ts';

export interface CacheOrder {
  readonly root: string;
  /** Folder of DVC's cache. */
  readonly cache: string;
  readonly store: DataStore;
  readonly version: Hash;
}

export interface CacheWritten {
  readonly objects: number;
  readonly bytes: number;
  /** What was in the cache before. */
  readonly present: number;
}

/**
 * Writes a version into DVC's cache, so that `dvc checkout`, `dvc status`, `dvc push` and `dvc diff` work with it.
 * Each object is a copy of its own, read-only: DVC takes a cached file with mode 0444 for checked and never reads it
 * again, so it gets that mode when its bytes have been compared with its name and are on the disk. Files come before the
 * listing that names them.
 * @throws Fault `version-damaged`, or `store-locked` while DVC is at work
 */
export const writeDvcCache = (order: CacheOrder, context: JobContext): Promise<CacheWritten> => {
  prepareRepository(order.root);
  return withDvcLock(order.root, () => writeObjects(order, context));
};

/** What DVC needs to see a repository, as `dvc init` leaves it. */
const prepareRepository = (root: string): void => {
  const files = [
    [join(root, '.dvc', 'config'), ''],
    [join(root, '.dvc', '.gitignore'), '/config.local\n/tmp\n/cache\n'],
  ] as const;
  for (const [file, text] of files) if (!existsSync(file)) writeDurably(file, text, 0o644);
};

const writeObjects = async ({ cache, store, version }: CacheOrder, { signal, progress }: JobContext) => {
  const { files } = readVersion(store.blobs, version);
  const touched = new Set<string>();
  let [objects, bytes, present, done] = [0, 0, 0, 0];
  for (const object of dvcObjects(store, version)) {
    // A listing stands for its files: their names must be on the disk before it is.
    if (object.bytes === null) syncAll(touched);
    const path = cachePath(cache, object.oid, 'md5');
    if (isThere(path, object)) present += 1;
    else {
      bytes += writeObject(path, object);
      touched.add(dirname(path));
      objects += 1;
    }
    done += 1;
    if (done % 64 !== 0) continue;
    progress(done / files, `${done.toLocaleString('en')} of ${files.toLocaleString('en')} files into DVC's cache`);
    await nextTurn();
    signal.throwIfAborted();
  }
  syncAll(touched);
  return { objects, bytes, present };
};

const syncAll = (folders: Set<string>): void => {
  for (const folder of folders) syncFolder(folder);
  folders.clear();
};

/** As DVC judges it, by its mode, and by its size besides: an object that lost its end in a power cut is written anew. */
const isThere = (path: string, { bytes }: DvcObject): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o777) === CHECKED && bytes !== null && stat.size === bytes;
};

const CHECKED = 0o444;

const writeObject = (path: string, { oid, pieces }: DvcObject): number => {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const draft = openDraft(folder, CHECKED);
  try {
    const md5 = createHash('md5');
    let bytes = 0;
    for (const piece of pieces()) {
      md5.update(piece);
      draft.write(piece);
      bytes += piece.length;
    }
    if (md5.digest('hex') !== oid.slice(0, 32)) throw versionDamaged('this version', [oid]);
    draft.publish(path);
    // What the user's mask took away of the mode would make DVC hash it again, time after time.
    chmodSync(path, CHECKED);
    return bytes;
  } finally {
    draft.discard();
  }
};
