import type { Hash } from '../../contract/ids.ts';
import type { Contents } from '../../versions/tree/contents.ts';
import type { FilePart, FileParts } from '../../versions/tree/differing-ranges.ts';
import { tableKindOf } from '../table.ts';
import type { DataState, FileChange, StateFile } from './data-state.ts';

/** More tables that are gone or new are left as they are. */
const MOST_TABLES = 200;
/** Share of the bytes of the larger of two tables by which they are taken for one. */
const LIKENESS = 0.5;

/**
 * Takes a table that is gone and one that is new for one that was renamed and changed, where most of their chunks are the
 * same. Of several the ones most alike are paired. A file of one chunk has nothing to be known by.
 */
export const joinMovedTables = (
  changes: readonly FileChange[],
  from: Pick<DataState, 'contents'>,
  to: Pick<DataState, 'contents'>,
): readonly FileChange[] => {
  const gone = changes.flatMap(({ change, from: file }) => (change === 'removed' ? tableIn(file) : []));
  const fresh = changes.flatMap(({ change, to: file }) => (change === 'added' ? tableIn(file) : []));
  if (gone.length === 0 || fresh.length === 0 || Math.max(gone.length, fresh.length) > MOST_TABLES) return changes;
  const partners = pairUp(gone, fresh, from.contents, to.contents);
  const moved = new Set(partners.values());
  return changes.flatMap((one): FileChange[] => {
    if (one.from !== null && one.change === 'removed' && moved.has(one.from)) return [];
    const before = one.change === 'added' && one.to !== null ? partners.get(one.to) : undefined;
    return before === undefined ? [one] : [{ change: 'renamed', from: before, to: one.to }];
  });
};

const tableIn = (file: StateFile | null): StateFile[] =>
  file === null || tableKindOf(file.path) === null ? [] : [file];

type Reads = Pick<Contents, 'parts'>;

/** @returns of each new table the one that it was */
const pairUp = (
  gone: readonly StateFile[],
  fresh: readonly StateFile[],
  from: Reads,
  to: Reads,
): ReadonlyMap<StateFile, StateFile> => {
  const owners = new Map<Hash, Set<StateFile>>();
  for (const file of gone) {
    for (const { id } of chunksOf(from.parts(file))) owners.set(id, (owners.get(id) ?? new Set()).add(file));
  }
  const alike = fresh.flatMap((file) => {
    const shared = new Map<StateFile, number>();
    for (const { id, bytes } of chunksOf(to.parts(file))) {
      for (const owner of owners.get(id) ?? []) shared.set(owner, (shared.get(owner) ?? 0) + bytes);
    }
    return [...shared]
      .filter(([owner]) => tableKindOf(owner.path) === tableKindOf(file.path))
      .map(([owner, bytes]) => ({ file, owner, likeness: bytes / Math.max(owner.size, file.size) }))
      .filter(({ likeness }) => likeness >= LIKENESS);
  });
  const partners = new Map<StateFile, StateFile>();
  const taken = new Set<StateFile>();
  for (const { file, owner } of alike.sort((a, b) => b.likeness - a.likeness)) {
    if (partners.has(file) || taken.has(owner)) continue;
    partners.set(file, owner);
    taken.add(owner);
  }
  return partners;
};

const chunksOf = function* ({ parts, below }: FileParts): Generator<FilePart, void> {
  for (const part of parts) {
    if (part.level === 0) yield part;
    else yield* chunksOf({ parts: below(part), below });
  }
};
