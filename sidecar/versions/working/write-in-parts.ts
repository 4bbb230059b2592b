import { closeSync, fchmodSync, fstatSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../../faults.ts';
import type { Blobs } from '../store/blobs.ts';
import { contentChunks, type PlacedChunk } from '../tree/chunk-list.ts';
import type { VersionFile } from '../tree/version.ts';
import { aheadOf } from './ahead.ts';
import type { Hands } from './hands.ts';
import { PART_BYTES } from './parts.ts';
import type { FileStamp } from './walk.ts';
import { modeOf } from './write-file.ts';

export interface PartedWriting {
  readonly hands: Hands;
  /** For the list of chunks. */
  readonly blobs: Pick<Blobs, 'get'>;
  /** Folder that receives the file under its path. */
  readonly folder: string;
  /** Permission bits of the file before the umask; those of an executable get the matching x bits. */
  readonly mode: number;
}

const OWNER_WRITES = 0o200;

/**
 * Writes one large file with all hands: it gets its full length, and each of them fills in chunks where they stand,
 * every one checked against its name.
 * @returns how it lies there then; null when its bytes were not those that they should be
 */
export const writeInParts = async (file: VersionFile, parted: PartedWriting): Promise<FileStamp | null> => {
  const path = join(parted.folder, file.path);
  const mode = modeOf(file, parted.mode);
  mkdirSync(dirname(path), { recursive: true });
  const target = openSync(path, 'wx', mode | OWNER_WRITES);
  try {
    ftruncateSync(target, file.size);
    if (!(await fillInParts(file, parted))) return null;
    // The umask is in the bits that it has by now.
    if ((mode & OWNER_WRITES) === 0) fchmodSync(target, fstatSync(target).mode & 0o777 & ~OWNER_WRITES);
    return fstatSync(target);
  } finally {
    closeSync(target);
  }
};

const fillInParts = async (file: VersionFile, { hands, blobs }: PartedWriting): Promise<boolean> => {
  const { path } = file;
  let filled = 0;
  const fill = async (chunks: readonly PlacedChunk[]) => (await hands.ask({ type: 'fill', path, chunks })).sound;
  try {
    const parts = partsOf(contentChunks(blobs, file));
    for await (const { item: chunks, result: isSound } of aheadOf(parts, fill, hands.busyWith)) {
      if (!isSound) return false;
      filled += chunks.reduce((sum, { length }) => sum + length, 0);
    }
  } catch (error) {
    // A node of the list is damaged.
    if (error instanceof Fault && error.code === 'store-damaged') return false;
    throw error;
  }
  return filled === file.size;
};

/** Chunks that lie next to each other, in the store as well. */
const partsOf = function* (chunks: Iterable<PlacedChunk>): Generator<readonly PlacedChunk[], void> {
  let part: PlacedChunk[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    part.push(chunk);
    bytes += chunk.length;
    if (bytes < PART_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
};
