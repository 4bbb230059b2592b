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

/** What becomes of our file at a path: another one, or none. */
export interface FileEdit {
  readonly path: string;
  readonly file: VersionFile | null;
}

/** What a merge does to our version. */
export interface MergePlan {
  readonly sides: MergeSides;
  /** What theirs brings and takes away, in path order. Paths in conflict are not among it: they stay ours. */
  readonly edits: () => Generator<FileEdit, void>;
  /** In path order. */
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges two versions by path. What only one side changed is that side's; what both changed alike is so; all else is a
 * conflict. Of the trees only what differs from the base is read, each time that the edits are gone through: there may
 * be a million of them. Conflicts, which somebody has to decide, are held.
 * @throws Fault `store-damaged`
 */
export const planMerge = (blobs: Pick<Blobs, 'get'>, sides: MergeSides): MergePlan => {
  const conflicts: Conflict[] = [];
  for (const outcome of outcomes(blobs, sides)) if ('conflict' in outcome) conflicts.push(outcome.conflict);
  return {
    sides,
    edits: function* () {
      for (const outcome of outcomes(blobs, sides)) if ('file' in outcome) yield outcome;
    },
    conflicts,
  };
};

const outcomes = function* (
  blobs: Pick<Blobs, 'get'>,
  { base, ours, theirs }: MergeSides,
): Generator<FileEdit | { readonly conflict: Conflict }, void> {
  const changed = (side: Hash) => differingFiles(blobs, base, side);
  for (const { path, left: mine, right: other } of pairByPath(changed(ours), changed(theirs))) {
    if (other === null) continue;
    if (mine === null) yield { path, file: other.to };
    else {
      const merged = mergeFile({ path, base: other.from, ours: mine.to, theirs: other.to });
      if ('conflict' in merged) yield merged;
      else if (merged.file !== mine.to) yield { path, file: merged.file };
    }
  }
};
