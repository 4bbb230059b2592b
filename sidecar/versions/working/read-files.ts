import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Hash } from '../../contract/ids.ts';
import { dataNotVersionable } from '../../faults.ts';
import { PIECE_BYTES } from '../file-pieces.ts';
import { md5Of } from '../hash.ts';
import { chunkId } from '../store/blob-id.ts';
import type { BlobDraft } from '../store/blobs.ts';
import { CHUNK_MAX } from '../store/chunker.ts';
import { writeContent } from '../tree/contents.ts';
import { MD5_IN_ROW_BYTES } from '../tree/version.ts';
import { isSameFile, pathOf, readEntry, sizeOf, unreadEntry, type FileNames } from './index-entry.ts';
import { isLarge } from './report.ts';
import type { ChunkRun } from './thread-messages.ts';
import { locateFile, showFile, type DataOnDisk, type FileStamp } from './walk.ts';

const TRIES = 3;

export interface Reading {
  readonly data: DataOnDisk;
  /** Takes the bytes; one that keeps nothing gives names alone. */
  readonly draft: BlobDraft;
  /** Told how many bytes of a large file were read since the last time; throws to stop. */
  readonly onBytes: (bytes: number) => void;
}

/** For names without a store. */
export const keepNothing: BlobDraft = {
  put: () => false,
  name: () => undefined,
  commit: () => undefined,
  discard: () => undefined,
};

/**
 * Reads a file whole. One that changes meanwhile is read again, so that no mixture of two states becomes a version.
 * @param entry of the file as it was found
 * @returns the entry of the file as it was read; null when it is gone
 * @throws Fault `dataset-unreadable`
 */
export const readFile = (entry: Buffer, reading: Reading): Buffer | null => {
  const path = pathOf(entry);
  for (let found = entry, tried = 0; tried < TRIES; tried++) {
    const file = openFile(path, reading);
    if (file === null) return null;
    try {
      const names = readNames(file, sizeOf(found), reading);
      const stat: FileStamp = fstatSync(file);
      if (names !== null && isSameFile(found, stat)) return readEntry({ path, stat }, names);
      found = unreadEntry({ path, stat });
    } finally {
      closeSync(file);
    }
  }
  throw dataNotVersionable(showFile(reading.data, path), 'it keeps changing while it is read');
};

/**
 * Reads some chunks of a large file.
 * @returns their names; null when the file is not the one any more that the entry tells of
 * @throws Fault `dataset-unreadable`
 */
export const readChunks = (entry: Buffer, { start, ends }: ChunkRun, reading: Reading): Hash[] | null => {
  const file = openFile(pathOf(entry), reading);
  if (file === null) return null;
  try {
    const ids: Hash[] = [];
    let at = start;
    for (const end of ends) {
      const bytes = fill(file, smallBuffer(end - at), at);
      if (bytes.length < end - at) return null;
      ids.push(putChunk(reading.draft, bytes));
      at = end;
    }
    reading.onBytes(at - start);
    // Of the very file, even if another one has its name for a moment: all who read parts of it see the same.
    return isSameFile(entry, fstatSync(file)) ? ids : null;
  } finally {
    closeSync(file);
  }
};

/** @returns null when the file is not the one any more that the entry tells of */
export const md5OfFile = (entry: Buffer, reading: Reading): string | null => {
  const file = openFile(pathOf(entry), reading);
  if (file === null) return null;
  try {
    const md5 = createHash('md5');
    for (const piece of readPieces(file, sizeOf(entry), reading.onBytes)) md5.update(piece);
    return isSameFile(entry, fstatSync(file)) ? md5.digest('hex') : null;
  } finally {
    closeSync(file);
  }
};

/** @returns null when it is gone @throws Fault `dataset-unreadable` */
export const openFile = (path: string, { data }: Pick<Reading, 'data'>): number | null => {
  try {
    return openSync(locateFile(data, path), 'r');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOENT') return null;
    throw dataNotVersionable(showFile(data, path), error.message);
  }
};

/** @returns null when the file is shorter than it was */
const readNames = (file: number, size: number, { draft, onBytes }: Reading): FileNames | null => {
  if (isLarge(size)) {
    return { content: writeContent(draft, readPieces(file, size, onBytes)).content, md5: null };
  }
  const bytes = fill(file, smallBuffer(size), 0);
  return bytes.length < size ? null : { content: putSmall(draft, bytes), md5: md5Of(bytes) };
};

/** Most files are one chunk, and need no list of chunks. */
const putSmall = (draft: BlobDraft, bytes: Buffer): Hash =>
  bytes.length > CHUNK_MAX ? writeContent(draft, [bytes]).content : putChunk(draft, bytes);

const putChunk = (draft: BlobDraft, bytes: Buffer): Hash => {
  const id = chunkId(bytes);
  draft.put(id, 'chunk', bytes);
  return id;
};

/** One for all small files: thousands a second are read into it. */
let buffer = Buffer.alloc(0);
const smallBuffer = (size: number): Buffer => {
  if (buffer.length < size) buffer = Buffer.allocUnsafeSlow(Math.min(MD5_IN_ROW_BYTES, Math.max(2 * size, 1 << 16)));
  return buffer.subarray(0, size);
};

const fill = (file: number, into: Buffer, offset: number): Buffer => {
  let filled = 0;
  for (let read = -1; read !== 0 && filled < into.length; filled += read) {
    read = readSync(file, into, filled, into.length - filled, offset + filled);
  }
  return into.subarray(0, filled);
};

/** One for all pieces of large files. */
const pieceBuffer = Buffer.allocUnsafeSlow(PIECE_BYTES);

/** Up to the size that the file had: one that grows meanwhile would have no end. Each piece is valid until the next. */
export const readPieces = function* (
  file: number,
  size: number,
  onBytes: (bytes: number) => void,
): Generator<Buffer, void> {
  for (let offset = 0; offset < size;) {
    const read = readSync(file, pieceBuffer, 0, Math.min(PIECE_BYTES, size - offset), offset);
    if (read === 0) return;
    offset += read;
    onBytes(read);
    yield pieceBuffer.subarray(0, read);
  }
};
