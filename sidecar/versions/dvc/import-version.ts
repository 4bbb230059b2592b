import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { basename } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { cacheDamaged, cacheLacks, dvcDataUnknown } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import type { BlobDraft } from '../store/blobs.ts';
import { writeContent } from '../tree/contents.ts';
import { MD5_IN_ROW_BYTES, startVersion, type VersionFile } from '../tree/version.ts';
import { comparePaths } from '../tree/path-order.ts';
import { cachedBytes, readCached } from './cache.ts';
import type { DirEntry } from './dir-listing.ts';
import { noteLegacy } from './dvc-name.ts';
import type { DvcOutput } from './output.ts';
import { readListing } from './read-listing.ts';

export interface ImportOrder {
  readonly output: DvcOutput;
  /** Folder of DVC's cache. */
  readonly cache: string;
  readonly store: DataStore;
}

/**
 * Stores a version that DVC made, from DVC's cache: the same bytes that `trainyard version` would find on disk after
 * `dvc checkout`, so that they get the same name. Every object is read and checked; one damaged, and there is no version.
 * @throws Fault `version-damaged` or `version-missing` that names what is damaged or not there, `pointer-unreadable`
 */
export const importVersion = async (order: ImportOrder, context: JobContext): Promise<Hash> => {
  const { output, cache, store } = order;
  const draft = store.blobs.openDraft();
  const lost: Lost = { missing: [], damaged: [] };
  try {
    const rows = startVersion(draft, output.type);
    const entries = entriesOf(order);
    const report = startReport(output, context);
    for (const entry of entries) {
      const row = storeEntry(entry, { ...order, draft }, lost);
      if (row !== null) rows.add(row);
      await report(row?.size ?? 0);
    }
    refuseLost(output.path, cache, lost);
    const version = rows.finish();
    draft.commit();
    if (output.hash === 'md5-dos2unix' && output.md5 !== null) noteLegacy(store, version, output.md5);
    return version;
  } finally {
    draft.discard();
  }
};

interface Lost {
  readonly missing: string[];
  readonly damaged: string[];
}

const entriesOf = ({ output, cache }: ImportOrder): Iterable<DirEntry> => {
  const { path, md5, hash, listed, type } = output;
  if (listed !== null) return [...listed].sort((a, b) => comparePaths(a.path, b.path));
  if (md5 === null) throw dvcDataUnknown(path);
  if (type === 'file') return [{ path: basename(path), md5 }];
  if (cachedBytes(cache, md5, hash) === null) throw cacheLacks(path, cache, ['its listing']);
  return readListing(cache, md5, hash);
};

/** @returns null where its bytes are not to be had, which is noted in `lost` */
const storeEntry = (
  { path, md5 }: DirEntry,
  { output, cache, store, draft }: ImportOrder & { readonly draft: BlobDraft },
  lost: Lost,
): VersionFile | null => {
  if (cachedBytes(cache, md5, output.hash) === null) {
    lost.missing.push(path);
    return null;
  }
  const object = readCached(cache, md5, output.hash);
  const plain = createHash('md5');
  const { content, size } = writeContent(draft, hashing(object.pieces(), plain));
  const digest = plain.digest('hex');
  if (!object.isWhole()) {
    lost.damaged.push(path);
    return null;
  }
  if (size > MD5_IN_ROW_BYTES) store.md5s.put(content, digest);
  return { path, size, content, executable: output.executable, md5: size > MD5_IN_ROW_BYTES ? null : digest };
};

const hashing = function* (pieces: Iterable<Buffer>, hash: { readonly update: (bytes: Buffer) => unknown }) {
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
};

const refuseLost = (path: string, cache: string, { missing, damaged }: Lost): void => {
  if (damaged.length > 0) throw cacheDamaged(path, damaged);
  if (missing.length > 0) throw cacheLacks(path, cache, missing);
};

const TURN_MS = 50;

/** Tells how far it is, and lets an abort be heard. */
const startReport = ({ bytes, files }: DvcOutput, { signal, progress }: JobContext) => {
  let [done, count, turnedAt] = [0, 0, performance.now()];
  return async (size: number): Promise<void> => {
    done += size;
    count += 1;
    if (performance.now() - turnedAt < TURN_MS) return;
    const of = files === null ? '' : ` of ${files.toLocaleString('en')}`;
    progress(bytes ? Math.min(1, done / bytes) : null, `${count.toLocaleString('en')}${of} files from DVC's cache`);
    await nextTurn();
    signal.throwIfAborted();
    turnedAt = performance.now();
  };
};
