import type { Hash } from '../../contract/ids.ts';
import type { DataStore } from '../data-store.ts';
import { md5OfFile } from '../tree/md5-table.ts';
import { readFiles, readVersion } from '../tree/version.ts';
import { hashDirListing, type DirEntry } from './dir-listing.ts';
import type { PointedData } from './write-pointer.ts';

/**
 * What the pointer of a version says. The MD5 of a folder's listing is computed once, and kept under the version's name.
 * @throws Fault `store-damaged`
 */
export const pointedData = (store: DataStore, version: Hash): PointedData => {
  const head = readVersion(store.blobs, version);
  if (head.type === 'folder')
    return { version, ...head, executable: false, md5: `${md5OfListing(store, version)}.dir` };
  const [file] = readFiles(store.blobs, version);
  return {
    version,
    ...head,
    executable: file?.executable === true,
    md5: file === undefined ? '' : md5OfFile(file, store.contents, store.md5s),
  };
};

const md5OfListing = (store: DataStore, version: Hash): string => {
  const known = store.md5s.get(version);
  if (known !== undefined) return known;
  const md5 = hashDirListing(dirEntries(store, version)).replace('.dir', '');
  store.md5s.put(version, md5);
  return md5;
};

/** What a folder's listing says, in its order. @throws Fault `store-damaged` */
export const dirEntries = function* ({ blobs, contents, md5s }: DataStore, version: Hash): Generator<DirEntry, void> {
  for (const file of readFiles(blobs, version)) yield { path: file.path, md5: md5OfFile(file, contents, md5s) };
};
