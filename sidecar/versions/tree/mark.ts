import type { Hash } from '../../contract/ids.ts';
import { Fault, versionNotWhole } from '../../faults.ts';
import type { Blobs } from '../store/blobs.ts';
import type { IdSet } from '../store/id-set.ts';
import { reachableBlobs } from './version.ts';

/** A version that must stay. */
export interface Root {
  readonly version: Hash;
  /** As a person knows it: `images v3`, or a pointer in a commit. */
  readonly name: string;
}

/**
 * Adds every blob that the versions need to `live`.
 * @returns the versions that are not here at all: pointers and the catalog may know more than the store
 * @throws Fault `store-damaged` when one is here in part: what it needs is not known then
 */
export const markVersions = (blobs: Pick<Blobs, 'get' | 'has'>, roots: Iterable<Root>, live: IdSet): Root[] => {
  const absent: Root[] = [];
  for (const root of roots) {
    if (blobs.has(root.version)) markVersion(blobs, root, live);
    else absent.push(root);
  }
  return absent;
};

const markVersion = (blobs: Pick<Blobs, 'get'>, { version, name }: Root, live: IdSet): void => {
  try {
    for (const { id } of reachableBlobs(blobs, version, live.has)) live.add(id);
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') throw versionNotWhole(name, error.message);
    throw error;
  }
};
