import type { Hash } from '../../contract/ids.ts';
import type { DataStore } from '../data-store.ts';
import type { BlobDraft } from '../store/blobs.ts';
import { md5OfFile } from '../tree/md5-table.ts';
import { readFiles, readVersion, startVersion, type VersionHead, type VersionWriter } from '../tree/version.ts';
import { hashDirListing, startDirHash, type DirEntry } from './dir-listing.ts';
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

/**
 * The tree of a version, and beside it the listing of DVC, hashed and noted: where all MD5s are known, the pointer
 * need not read the tree again.
 */
export const startPointedVersion = (
  draft: Pick<BlobDraft, 'put' | 'name'>,
  type: VersionHead['type'],
  md5s: DataStore['md5s'],
): VersionWriter => {
  const tree = startVersion(draft, type);
  let listing = type === 'folder' ? startDirHash() : null;
  return {
    add: (file) => {
      tree.add(file);
      if (listing === null) return;
      const md5 = file.md5 ?? md5s.get(file.content);
      if (md5 === undefined) listing = null;
      else listing.add({ path: file.path, md5 });
    },
    finish: () => {
      const version = tree.finish();
      if (listing !== null) md5s.put(version, listing.finish().replace('.dir', ''));
      return version;
    },
  };
};

/** What a folder's listing says, in its order. @throws Fault `store-damaged` */
export const dirEntries = function* ({ blobs, contents, md5s }: DataStore, version: Hash): Generator<DirEntry, void> {
  for (const file of readFiles(blobs, version)) yield { path: file.path, md5: md5OfFile(file, contents, md5s) };
};
