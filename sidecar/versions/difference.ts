import type { DatasetDifference, FileChange } from '../contract/dataset.ts';
import type { FileDifference } from './tree/version.ts';

/** Files listed in a difference; the counts are of all. */
const MOST_FILES = 1_000;

/** What changes, file by file. @param differences in path order */
export const describeDifference = (differences: Iterable<FileDifference>): Omit<DatasetDifference, 'from' | 'to'> => {
  const counts = { added: 0, removed: 0, changed: 0 };
  const files: FileChange[] = [];
  for (const difference of differences) {
    const change = changeOf(difference);
    counts[change] += 1;
    if (files.length < MOST_FILES) files.push({ path: difference.path, change, bytes: bytesOf(difference) });
  }
  return { ...counts, files, truncated: counts.added + counts.removed + counts.changed > MOST_FILES };
};

const changeOf = ({ from, to }: FileDifference): FileChange['change'] => {
  if (from === null) return 'added';
  return to === null ? 'removed' : 'changed';
};

/** Of the file as it becomes, or as it was where it is removed. */
const bytesOf = ({ from, to }: FileDifference): number => (to ?? from)?.size ?? 0;
