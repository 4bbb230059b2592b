import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DvcHash } from './output.ts';
import { DVC_PIECE_BYTES, startDvcHash } from './dvc-hash.ts';

/**
 * Where the cache of DVC keeps the bytes that an MD5 names: `files/md5/xx/rest`, and what DVC 2 named by its own hash
 * of text in `xx/rest`. The listing of a folder has `.dir` behind its name.
 */
export const cachePath = (cache: string, md5: string, hash: DvcHash): string => {
  const inside = [md5.slice(0, 2), md5.slice(2)];
  return hash === 'md5' ? join(objectsFolder(cache), ...inside) : join(cache, ...inside);
};

/** What DVC 3 keeps by MD5. */
export const objectsFolder = (cache: string): string => join(cache, 'files', 'md5');

/** @returns null when the object is not there */
export const cachedBytes = (cache: string, md5: string, hash: DvcHash): number | null => {
  const stat = statSync(cachePath(cache, md5, hash), { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : null;
};

export interface CachedObject {
  /** The bytes in pieces; the memory of a piece is used again for the next one. */
  readonly pieces: () => Generator<Buffer, void>;
  /** Once all pieces have been read: whether they are what the MD5 names. DVC itself does not look. */
  readonly isWhole: () => boolean;
}

export const readCached = (cache: string, md5: string, hash: DvcHash): CachedObject => {
  const running = startDvcHash(hash);
  return {
    pieces: function* () {
      for (const piece of readPieces(cachePath(cache, md5, hash))) {
        running.update(piece);
        yield piece;
      }
    },
    isWhole: () => running.digest() === md5.slice(0, 32),
  };
};

const readPieces = function* (path: string): Generator<Buffer, void> {
  const handle = openSync(path, 'r');
  try {
    // Most files are small, and a fresh megabyte for each would cost more than reading it.
    const piece = Buffer.allocUnsafe(Math.max(1, Math.min(DVC_PIECE_BYTES, fstatSync(handle).size)));
    for (let read = fill(handle, piece); read > 0; read = fill(handle, piece)) yield piece.subarray(0, read);
  } finally {
    closeSync(handle);
  }
};

/** The system may give less than was asked for. */
const fill = (handle: number, piece: Buffer): number => {
  let filled = 0;
  for (let read = -1; read !== 0 && filled < piece.length; filled += read) {
    read = readSync(handle, piece, filled, piece.length - filled, null);
  }
  return filled;
};
