import type { Hash } from '../../contract/ids.ts';
import type { Blobs } from '../store/blobs.ts';
import { comparePaths } from '../tree/path-order.ts';
import { differingFiles, readFiles, type FileDifference, type VersionFile } from '../tree/version.ts';
import type { Disk } from './disk.ts';
import { toVersionFile } from './index-entry.ts';

/**
 * Files in which the data on disk differs from a version, in path order: `from` the version, `to` the disk. Where the
 * disk is known to be a version itself, only what differs between the two is read.
 * @throws Fault `store-damaged`
 */
export const differencesOnDisk = function* (
  blobs: Pick<Blobs, 'get'>,
  version: Hash,
  disk: Pick<Disk, 'version' | 'entries'>,
): Generator<FileDifference, void> {
  if (disk.version === version) return;
  if (disk.version !== null) yield* differingFiles(blobs, version, disk.version);
  else yield* mergeFiles(readFiles(blobs, version), filesOf(disk));
};

/** The same where nothing lies on disk. @throws Fault `store-damaged` */
export const differencesToNothing = function* (
  blobs: Pick<Blobs, 'get'>,
  version: Hash,
): Generator<FileDifference, void> {
  for (const file of readFiles(blobs, version)) yield { path: file.path, from: file, to: null };
};

/** The files of the data on disk as a version holds them. */
export const filesOf = function* ({ entries }: Pick<Disk, 'entries'>): Generator<VersionFile, void> {
  for (const entry of entries()) yield toVersionFile(entry);
};

const mergeFiles = function* (
  from: Iterator<VersionFile, void>,
  to: Iterator<VersionFile, void>,
): Generator<FileDifference, void> {
  let [left, right] = [nextOf(from), nextOf(to)];
  while (left !== null || right !== null) {
    const order = orderOf(left, right);
    const difference = toDifference(order <= 0 ? left : null, order >= 0 ? right : null);
    if (order <= 0) left = nextOf(from);
    if (order >= 0) right = nextOf(to);
    if (difference !== null) yield difference;
  }
};

/** @returns null at the end */
const nextOf = (files: Iterator<VersionFile, void>): VersionFile | null => {
  const next = files.next();
  return next.done === true ? null : next.value;
};

/** What is over comes last. */
const orderOf = (left: VersionFile | null, right: VersionFile | null): number => {
  if (left === null) return 1;
  return right === null ? -1 : comparePaths(left.path, right.path);
};

const toDifference = (from: VersionFile | null, to: VersionFile | null): FileDifference | null => {
  const file = from ?? to;
  if (file === null) return null;
  const same = from?.content === to?.content && from?.executable === to?.executable;
  return same ? null : { path: file.path, from, to };
};
