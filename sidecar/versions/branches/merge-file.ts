import type { VersionFile } from '../tree/version.ts';

/**
 * `both-changed`: to different bytes; `both-added`: without a version in common; `changed-and-removed`: by one side
 * each; `mode`: the same bytes, executable on one side; `file-and-folder`: a file of one side where the other has a
 * folder.
 */
export type ConflictKind = 'both-changed' | 'both-added' | 'changed-and-removed' | 'mode' | 'file-and-folder';

export interface Conflict {
  readonly path: string;
  readonly kind: ConflictKind;
  /** Null where a side has no such file. */
  readonly ours: VersionFile | null;
  readonly theirs: VersionFile | null;
}

export interface FileSides {
  readonly path: string;
  readonly base: VersionFile | null;
  readonly ours: VersionFile | null;
  readonly theirs: VersionFile | null;
}

type Merged = { readonly file: VersionFile | null } | { readonly conflict: Conflict };

/** One file of a three-way merge. @returns the merged file, null for none, or the conflict */
export const mergeFile = (sides: FileSides): Merged => {
  const { base, ours, theirs } = sides;
  if (isSame(ours, theirs) || isSame(base, theirs)) return { file: ours };
  return isSame(base, ours) ? { file: theirs } : mergeChanged(sides);
};

/** A file that both sides have changed, each in its own way. */
const mergeChanged = (sides: FileSides): Merged => {
  const { base, ours, theirs } = sides;
  if (ours === null || theirs === null) return conflictOf('changed-and-removed', sides);
  if (base === null) return conflictOf(ours.content === theirs.content ? 'mode' : 'both-added', sides);
  const content = pick(base.content, ours.content, theirs.content);
  if (content === null) return conflictOf('both-changed', sides);
  // Of two states one is the base's: either both sides agree, or the one that is not the base's is meant.
  const executable = ours.executable === theirs.executable ? ours.executable : !base.executable;
  return { file: { ...(content === ours.content ? ours : theirs), executable } };
};

const conflictOf = (kind: ConflictKind, { path, ours, theirs }: FileSides): { readonly conflict: Conflict } => ({
  conflict: { path, kind, ours, theirs },
});

const pick = <Value>(base: Value, ours: Value, theirs: Value): Value | null => {
  if (ours === theirs || base === theirs) return ours;
  return base === ours ? theirs : null;
};

const isSame = (a: VersionFile | null, b: VersionFile | null): boolean =>
  a === b || (a !== null && b !== null && a.content === b.content && a.executable === b.executable);
