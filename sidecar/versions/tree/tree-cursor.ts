import type { Hash } from '../../contract/ids.ts';
import type { Blobs } from '../store/blobs.ts';
import { decodeTree, type TreeChild, type VersionFile } from './nodes.ts';

/** What a cursor stands at: a file at level 0, else a part of the tree that is not read yet. */
export interface CursorPlace {
  readonly level: number;
  /** Of the file, or of the first file of the part. */
  readonly path: string;
  /** Of the node; of a file, its content. */
  readonly id: Hash;
}

/** Walks a tree in path order and reads no more of it than it enters. */
export interface TreeCursor {
  /** Null at the end. */
  readonly at: () => CursorPlace | null;
  /** The file it stands at. */
  readonly file: () => VersionFile;
  /** Past the file, or past the whole part. */
  readonly skip: () => void;
  /** To the first entry of the part. */
  readonly enter: () => void;
}

interface Frame {
  readonly level: number;
  readonly entries: readonly (VersionFile | TreeChild)[];
  next: number;
}

/** @param root null for a tree of no files */
export const treeCursor = (blobs: Pick<Blobs, 'get'>, root: Hash | null): TreeCursor => {
  const frames: Frame[] = [];
  // The level of the root is not known before it is read; it stands above all others.
  if (root !== null) {
    frames.push({ level: Infinity, entries: [{ path: '', id: root, files: 0, bytes: 0 }], next: 0 });
  }
  const entry = (): VersionFile | TreeChild | undefined => {
    const frame = frames.at(-1);
    return frame?.entries[frame.next];
  };
  const dropEnded = () => {
    for (let frame = frames.at(-1); frame !== undefined && frame.next >= frame.entries.length; frame = frames.at(-1)) {
      frames.pop();
    }
  };
  const skip = () => {
    const frame = frames.at(-1);
    if (frame !== undefined) frame.next += 1;
    dropEnded();
  };
  return {
    skip,
    at: () => {
      const here = entry();
      if (here === undefined) return null;
      return { level: frames.at(-1)?.level ?? 0, path: here.path, id: 'content' in here ? here.content : here.id };
    },
    file: () => {
      const here = entry();
      if (here === undefined || !('content' in here)) throw new Error('The cursor stands at no file.');
      return here;
    },
    enter: () => {
      const here = entry();
      if (here === undefined || 'content' in here) throw new Error('The cursor stands at no part of the tree.');
      const frame = frames.at(-1);
      if (frame !== undefined) frame.next += 1;
      const node = decodeTree(here.id, blobs.get(here.id));
      frames.push({ level: node.level, entries: 'files' in node ? node.files : node.children, next: 0 });
      dropEnded();
    },
  };
};
