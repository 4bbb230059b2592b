import { closeSync, fstatSync } from 'node:fs';
import { findChunks, type ChunkRun } from '../store/chunker.ts';
import { startChunkList } from '../tree/chunk-list.ts';
import { aheadOf } from './ahead.ts';
import type { Hands } from './hands.ts';
import { isSameFile, pathOf, readEntry, sizeOf, type FileNames } from './index-entry.ts';
import type { ListDraft } from './list-draft.ts';
import { openFile, readPieces } from './read-files.ts';
import { toBuffer } from './thread-messages.ts';
import type { DataOnDisk, FileStamp } from './walk.ts';

export interface PartedReading {
  readonly data: DataOnDisk;
  readonly hands: Hands;
  /** Takes the nodes of the list of chunks. */
  readonly lists: ListDraft;
  /** What a hand is given at once, and a little more. */
  readonly partBytes: number;
}

/**
 * Reads one large file with all hands. Where its chunks end is looked for here, which takes a tenth of the time that
 * storing them does; the hands read them again, from the memory of the system, and store them. A file that changes
 * meanwhile is left to one hand, as one that is not read in parts.
 * @returns the entries of the file as it was read: one, or none when it is gone
 * @throws Fault `dataset-unreadable`
 */
export const readInParts = async (entry: Buffer, parted: PartedReading): Promise<Buffer> =>
  (await tryInParts(entry, parted)) ?? toBuffer((await parted.hands.ask({ type: 'read', entries: entry })).entries);

/** @returns null when the file is not the one any more that the entry tells of */
const tryInParts = async (entry: Buffer, parted: PartedReading): Promise<Buffer | null> => {
  const path = pathOf(entry);
  const file = openFile(path, parted);
  if (file === null) return null;
  try {
    const names = await nameInParts(file, entry, parted);
    const stat: FileStamp = fstatSync(file);
    return names !== null && isSameFile(entry, stat) ? readEntry({ path, stat }, names) : null;
  } finally {
    closeSync(file);
  }
};

const nameInParts = async (
  file: number,
  entry: Buffer,
  { hands, lists, partBytes }: PartedReading,
): Promise<FileNames | null> => {
  const list = startChunkList(lists);
  const size = sizeOf(entry);
  let named = 0;
  // Those who store the bytes tell of them.
  const pieces = readPieces(file, size, () => undefined);
  const store = async ({ start, ends }: ChunkRun) => (await hands.ask({ type: 'chunks', entry, start, ends })).ids;
  for await (const { item, result: ids } of aheadOf(findChunks(pieces, partBytes), store, hands.busyWith)) {
    if (ids === null) return null;
    for (const [at, id] of ids.entries()) {
      const end = item.ends[at] ?? named;
      list.add(id, end - named);
      named = end;
    }
    await lists.settle();
  }
  return named === size ? { content: list.finish().content, md5: null } : null;
};
