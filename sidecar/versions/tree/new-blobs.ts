import type { Hash } from '../../contract/ids.ts';
import type { BlobKind, Blobs } from '../store/blobs.ts';
import { CHUNK_MAX } from '../store/chunker.ts';
import { decodeList, type VersionFile } from './nodes.ts';
import { comparePaths } from './path-order.ts';
import { treeCursor, type CursorPlace, type TreeCursor } from './tree-cursor.ts';
import { treeOf } from './version.ts';

interface NamedBlob {
  readonly id: Hash;
  readonly kind: BlobKind;
}

type Reads = Pick<Blobs, 'get' | 'has'>;

/**
 * What a version needs beyond an earlier one: every blob that the earlier one does not have, and few of those that it
 * has too. Equal parts of trees and of lists of chunks are not read, so that the cost is that of the changes. A blob may
 * come more than once.
 * @param from whose parts count as known; null for nothing. What of it is not here counts as unknown
 * @throws Fault `store-damaged` at a node of `to` that cannot be read
 */
export const newBlobs = function* (blobs: Reads, from: Hash | null, to: Hash): Generator<NamedBlob, void> {
  if (from === to) return;
  yield { id: to, kind: 'node' };
  const known = treeCursor(blobs, from === null || !blobs.has(from) ? null : treeOf(blobs, from));
  const wanted = treeCursor(blobs, treeOf(blobs, to));
  for (let place = wanted.at(); place !== null; place = wanted.at()) {
    const beside = known.at();
    const order = beside === null ? 1 : comparePaths(beside.path, place.path);
    if (beside === null || order > 0) yield* take(blobs, wanted, place, null);
    else if (order < 0) pass(blobs, known, beside);
    else yield* meet(blobs, { known, beside, wanted, place });
  }
};

/** Goes on where the earlier version alone has something. */
const pass = (blobs: Reads, cursor: TreeCursor, { level, id }: CursorPlace): void => {
  if (level === 0 || !blobs.has(id)) cursor.skip();
  else cursor.enter();
};

/** @param before the file of the same path in the earlier version */
const take = function* (
  blobs: Reads,
  cursor: TreeCursor,
  { level, id }: CursorPlace,
  before: VersionFile | null,
): Generator<NamedBlob, void> {
  if (level === 0) {
    yield* newInFile(blobs, before, cursor.file());
    cursor.skip();
    return;
  }
  yield { id, kind: 'node' };
  cursor.enter();
};

interface Meeting {
  readonly known: TreeCursor;
  readonly beside: CursorPlace;
  readonly wanted: TreeCursor;
  readonly place: CursorPlace;
}

/** Past a file, or a part, that both have; else into the larger part, or into both. */
const meet = function* (blobs: Reads, { known, beside, wanted, place }: Meeting): Generator<NamedBlob, void> {
  if (beside.level === 0 && place.level === 0) {
    yield* take(blobs, wanted, place, known.file());
    known.skip();
  } else if (beside.level === place.level && beside.id === place.id) {
    known.skip();
    wanted.skip();
  } else {
    if (beside.level >= place.level) pass(blobs, known, beside);
    if (place.level >= beside.level) yield* take(blobs, wanted, place, null);
  }
};

const newInFile = function* (
  blobs: Reads,
  before: VersionFile | null,
  { content, size }: VersionFile,
): Generator<NamedBlob, void> {
  if (before?.content === content) return;
  if (size <= CHUNK_MAX) yield { id: content, kind: 'chunk' };
  else yield* newInList(blobs, before !== null && before.size > CHUNK_MAX ? before.content : null, content);
};

/** Level by level, since a node of a list has no path by which it could be found in the other list. */
const newInList = function* (blobs: Reads, from: Hash | null, to: Hash): Generator<NamedBlob, void> {
  const known = openLevels(blobs, from);
  let wanted = new Set([to]);
  for (let { level } = decodeList(to, blobs.get(to)); level >= 0; level -= 1) {
    const fresh = known.remove(level, wanted);
    wanted = new Set();
    for (const id of fresh) {
      yield { id, kind: 'node' };
      const { children } = decodeList(id, blobs.get(id));
      if (level > 0) for (const child of children) wanted.add(child.id);
      else for (const child of children) yield { id: child.id, kind: 'chunk' };
    }
  }
};

/** Nodes of a list by level, from the root down; below what both lists have nothing is read. */
const openLevels = (blobs: Reads, root: Hash | null) => {
  const isHere = root !== null && blobs.has(root);
  let ids = new Set(isHere ? [root] : []);
  let at = isHere ? decodeList(root, blobs.get(root)).level : -1;
  const descend = () => {
    const here = [...ids].filter(blobs.has);
    ids = new Set(here.flatMap((id) => decodeList(id, blobs.get(id)).children.map((child) => child.id)));
    at -= 1;
  };
  return {
    /** Takes out what is wanted. @returns what is wanted and not in it */
    remove: (level: number, wanted: ReadonlySet<Hash>): Hash[] => {
      while (at > level) descend();
      return [...wanted].filter((id) => !(at === level && ids.delete(id)));
    },
  };
};
