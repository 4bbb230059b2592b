import type { Hash } from '../../contract/ids.ts';
import type { Blobs } from '../store/blobs.ts';
import { differingFiles, type VersionFile } from '../tree/version.ts';
import { mergeFile, type Conflict } from './merge-file.ts';
import { pairByPath } from './pair-by-path.ts';

export interface MergeSides {
  /** The version that both come from; null when they have none in common. */
  readonly base: Hash | null;
  readonly ours: Hash;
  readonly theirs: Hash;
}

/** What a merge does to our version. */
export interface MergePlan {
  /** By path: what theirs brings, and null for what it takes away. Paths in conflict are not in it: they stay ours. */
  readonly edits: ReadonlyMap<string, VersionFile | null>;
  /** In path order. */
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges two versions by path. What only one side changed is that side's; what both changed alike is so; all else is a
 * conflict. Of the trees only what differs from the base is read, and only that is held.
 * @throws Fault `store-damaged`
 */
export const planMerge = (blobs: Pick<Blobs, 'get'>, { base, ours, theirs }: MergeSides): MergePlan => {
  const edits = new Map<string, VersionFile | null>();
  const conflicts: Conflict[] = [];
  const changed = (side: Hash) => differingFiles(blobs, base, side);
  for (const { path, left: mine, right: other } of pairByPath(changed(ours), changed(theirs))) {
    if (other === null) continue;
    if (mine === null) edits.set(path, other.to);
    else {
      const merged = mergeFile({ path, base: other.from, ours: mine.to, theirs: other.to });
      if ('conflict' in merged) conflicts.push(merged.conflict);
      else if (merged.file !== mine.to) edits.set(path, merged.file);
    }
  }
  return { edits, conflicts };
};
