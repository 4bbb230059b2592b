import { updatePointer, type PointedData } from '../dvc/write-pointer.ts';

export interface PointerTexts {
  /** Null where the two have no pointer in common. */
  readonly base: string | null;
  readonly ours: string;
  readonly theirs: string;
}

/**
 * The text of a pointer after a merge. With the merged version written into all three, what else differs (comments,
 * `desc`) merges as text does: the side that changed it counts; both, and it is a conflict.
 * @param merged null while the versions are in conflict
 * @returns the text with Git's marks where there is a conflict, and how many there are
 */
export const mergePointerTexts = (
  texts: PointerTexts,
  path: string,
  merged: PointedData | null,
): { readonly text: string; readonly conflicts: number } => {
  const write = (text: string): string => (merged === null ? text : (updatePointer(text, path, merged) ?? text));
  const [ours, theirs] = [write(texts.ours), write(texts.theirs)];
  const base = texts.base === null ? null : write(texts.base);
  if (ours === theirs || base === theirs) return { text: ours, conflicts: 0 };
  if (base === ours) return { text: theirs, conflicts: 0 };
  return { text: `<<<<<<< ours\n${lines(ours)}=======\n${lines(theirs)}>>>>>>> theirs\n`, conflicts: 1 };
};

const lines = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
