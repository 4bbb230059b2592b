import type { Hash } from '../../contract/ids.ts';
import type { DataStore } from '../data-store.ts';
import { md5OfFile } from '../tree/md5-table.ts';
import { readFiles, readVersion } from '../tree/version.ts';
import { formatDirListing } from './dir-listing.ts';
import { createMd5Set } from './md5-set.ts';
import { dirEntries, pointedData } from './pointed-data.ts';

/** One object of DVC's cache or remote. */
export interface DvcObject {
  /** MD5 of its bytes, with `.dir` behind it for the listing of a folder. */
  readonly oid: string;
  /** Null for a listing: how long it is turns out when it is written. */
  readonly bytes: number | null;
  readonly pieces: () => Iterable<Buffer>;
}

/**
 * The objects that DVC needs for a version, each once. The order is DVC's rule of integrity: files first, the listing
 * last, since whoever finds a listing takes it that its files are there.
 * @throws Fault `store-damaged`
 */
export const dvcObjects = function* (store: DataStore, version: Hash): Generator<DvcObject, void> {
  const { blobs, contents } = store;
  const seen = createMd5Set();
  for (const file of readFiles(blobs, version)) {
    const oid = md5OfFile(file, contents, store.md5s);
    if (seen.add(oid)) yield { oid, bytes: file.size, pieces: () => contents.pieces(file) };
  }
  if (readVersion(blobs, version).type !== 'folder') return;
  yield { oid: pointedData(store, version).md5, bytes: null, pieces: () => listingOf(store, version) };
};

const listingOf = function* (store: DataStore, version: Hash): Generator<Buffer, void> {
  for (const piece of formatDirListing(dirEntries(store, version))) yield Buffer.from(piece, 'latin1');
};
