import type { DatasetDifference, FileChange } from '../contract/dataset.ts';
import { comparePaths, type Manifest, type ManifestFile } from './manifest.ts';

/** Files listed in a difference; the counts are of all. */
const MOST_FILES = 1_000;

/** What changes from one manifest to another, file by file, by merging the two sorted lists. */
export const differenceOf = (from: Manifest, to: Manifest): Omit<DatasetDifference, 'from' | 'to'> => {
  const changes = [...changesBetween(from.files, to.files)];
  const count = (change: FileChange['change']) => changes.filter((file) => file.change === change).length;
  return {
    added: count('added'),
    removed: count('removed'),
    changed: count('changed'),
    files: changes.slice(0, MOST_FILES),
    truncated: changes.length > MOST_FILES,
  };
};

const changesBetween = function* (
  from: readonly ManifestFile[],
  to: readonly ManifestFile[],
): Generator<FileChange, void> {
  let left = 0;
  let right = 0;
  while (left < from.length || right < to.length) {
    const old = from[left];
    const now = to[right];
    const order = orderOf(old, now);
    if (order <= 0) left += 1;
    if (order >= 0) right += 1;
    const change = toChange(order <= 0 ? old : undefined, order >= 0 ? now : undefined);
    if (change !== null) yield change;
  }
};

/** What is over comes last. */
const orderOf = (old: ManifestFile | undefined, now: ManifestFile | undefined): number => {
  if (old === undefined) return 1;
  return now === undefined ? -1 : comparePaths(old.path, now.path);
};

const toChange = (old: ManifestFile | undefined, now: ManifestFile | undefined): FileChange | null => {
  if (old === undefined) return now === undefined ? null : { path: now.path, change: 'added', bytes: now.size };
  if (now === undefined) return { path: old.path, change: 'removed', bytes: old.size };
  const same = old.sha256 === now.sha256 && old.executable === now.executable;
  return same ? null : { path: now.path, change: 'changed', bytes: now.size };
};
