import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../../contract/ids.ts';
import { versionDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import { openDurableBatch } from '../durable-batch.ts';
import { makeFolder, openDraft, writeDurably, type Draft } from '../durable.ts';
import { readVersion } from '../tree/version.ts';
import { isLarge, startReport, type Report } from '../working/report.ts';
import { cachePath, objectsFolder, readCached } from './cache.ts';
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
  /** That were written. */
  readonly objects: number;
  readonly bytes: number;
  /** What was in the cache before, its bytes compared with its name. */
  readonly present: number;
  /** Of those that were written: they were in the cache with other bytes than their name stands for. */
  readonly repaired: number;
}

/**
 * Writes a version into DVC's cache, so that `dvc checkout`, `dvc status`, `dvc push` and `dvc diff` work with it.
 * Each object is a copy of its own, read-only: DVC takes a cached file with mode 0444 for checked, never reads it again,
 * and checks a damaged one out with exit code 0. So an object gets that mode when its bytes have been compared with its
 * name and are on the disk; and one that is there is not believed for its mode: it is read, and a damaged one is
 * replaced. Files come before the listing that names them.
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

const writeObjects = async ({ cache, store, version }: CacheOrder, context: JobContext): Promise<CacheWritten> => {
  const written = { objects: 0, bytes: 0, present: 0, repaired: 0 };
  const report = startReport("into DVC's cache", readVersion(store.blobs, version), context);
  // As DVC makes it: others may share the cache.
  makeFolder(objectsFolder(cache), 0o777);
  const batch = openDurableBatch();
  try {
    for (const object of dvcObjects(store, version)) {
      // A listing stands for its files: they must be on the disk under their names before it is.
      if (object.bytes === null) await batch.settle();
      const found = await lookAt(cache, object, report);
      if (found === 'whole') written.present += 1;
      else {
        const { draft, bytes } = await draftObject(cache, object, report);
        await batch.add(draft, cachePath(cache, object.oid, 'md5'), bytes);
        written.objects += 1;
        written.bytes += bytes;
        if (found === 'damaged') written.repaired += 1;
      }
      await report.files([object.bytes ?? 0]);
    }
    await batch.settle();
    return written;
  } finally {
    batch.discard();
  }
};

const CHECKED = 0o444;

/** What lies under the name of an object. `open`: the right bytes, which DVC would hash each time for their mode. */
const lookAt = async (
  cache: string,
  object: DvcObject,
  report: Report,
): Promise<'nothing' | 'damaged' | 'open' | 'whole'> => {
  const stat = statSync(cachePath(cache, object.oid, 'md5'), { throwIfNoEntry: false });
  if (stat === undefined) return 'nothing';
  if (object.bytes !== null && stat.size !== object.bytes) return 'damaged';
  const cached = readCached(cache, object.oid, 'md5');
  await eachPiece({ ...object, pieces: cached.pieces }, report, () => undefined);
  if (!cached.isWhole()) return 'damaged';
  return (stat.mode & 0o777) === CHECKED ? 'whole' : 'open';
};

const draftObject = async (
  cache: string,
  object: DvcObject,
  report: Report,
): Promise<{ readonly draft: Draft; readonly bytes: number }> => {
  const folder = dirname(cachePath(cache, object.oid, 'md5'));
  mkdirSync(folder, { recursive: true });
  const draft = openDraft(folder, CHECKED);
  try {
    // Without it DVC would hash the object time after time.
    draft.setMode(CHECKED);
    const md5 = createHash('md5');
    let bytes = 0;
    await eachPiece(object, report, (piece) => {
      md5.update(piece);
      draft.write(piece);
      bytes += piece.length;
    });
    if (md5.digest('hex') !== object.oid.slice(0, 32)) throw versionDamaged('this version', [object.oid]);
    return { draft, bytes };
  } catch (error) {
    draft.discard();
    throw error;
  }
};

/** Those of a large object are told one by one, and an abort is heard between them. */
const eachPiece = async (
  { bytes, pieces }: Pick<DvcObject, 'bytes' | 'pieces'>,
  report: Report,
  take: (piece: Buffer) => void,
): Promise<void> => {
  const large = bytes !== null && isLarge(bytes);
  for (const piece of pieces()) {
    take(piece);
    if (!large) continue;
    report.bytes(piece.length);
    await nextTurn();
  }
};
