import { closeSync, fstatSync, readSync } from 'node:fs';
import type { Hash } from '../../contract/ids.ts';
import { startChunkList } from '../tree/chunk-list.ts';
import { nameChunks, type NamedChunk } from '../tree/name-chunks.ts';
import type { ListChild } from '../tree/nodes.ts';
import { aheadOf } from './ahead.ts';
import type { Hands } from './hands.ts';
import { isSameFile, pathOf, readEntry, sizeOf, type FileNames } from './index-entry.ts';
import type { NodeDraft } from './node-draft.ts';
import { openFile } from './read-files.ts';
import { toBuffer, type ChunkRun } from './thread-messages.ts';
import type { DataOnDisk, FileStamp } from './walk.ts';

export interface PartedReading {
  readonly data: DataOnDisk;
  readonly hands: Hands;
  /** Takes the nodes of the list of chunks, and the first chunks that are new: a small edit is worth no thread. */
  readonly lists: NodeDraft;
  /** Chunks of the file as it was, as far as they are known. */
  readonly former: Iterable<ListChild>;
  /** What a hand is given at once, and a little more. */
  readonly partBytes: number;
  /** Of a chunk that need not be stored. */
  readonly isKnown: (id: Hash) => boolean;
  /** Told how many bytes were passed that no hand is given; throws to stop. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Reads one large file with all hands. Where its chunks end and what they are called is found here, which takes a tenth
 * of the time that storing them does; the hands read those that are new again, from the memory of the system, and store
 * them. A file that changes meanwhile is left to one hand, as one that is not read in parts.
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
  { hands, lists, former, partBytes, isKnown, onBytes }: PartedReading,
): Promise<FileNames | null> => {
  const list = startChunkList(lists);
  const size = sizeOf(entry);
  let offset = 0;
  // Up to the size that the file had: one that grows meanwhile would have no end.
  const read = (into: Buffer): number => {
    const bytes = readSync(file, into, 0, Math.min(into.length, size - offset), offset);
    offset += bytes;
    return bytes;
  };
  let named = 0;
  /** @returns whether the bytes are still those that were named */
  const store = async ({ start, ends, ids, isNew }: NamedRun): Promise<boolean> => {
    if (!isNew) {
      onBytes((ends.at(-1) ?? start) - start);
      return true;
    }
    const stored = await hands.ask({ type: 'chunks', entry, start, ends });
    return stored.ids?.every((id, at) => id === ids[at]) === true;
  };
  for await (const { item: run, result: isSame } of aheadOf(
    runsOf(nameChunks(read, former), partBytes, storeFew(lists, isKnown)),
    store,
    hands.busyWith,
  )) {
    if (!isSame) return null;
    for (const [at, id] of run.ids.entries()) {
      const end = run.ends[at] ?? named;
      list.add(id, end - named);
      named = end;
    }
    await lists.settle();
  }
  return named === size ? { content: list.finish().content, md5: null } : null;
};

interface NamedRun extends ChunkRun {
  readonly ids: readonly Hash[];
  /** One of the chunks is to be stored. */
  readonly isNew: boolean;
}

/** A megabyte or so: it is stored before a thread would have started. */
const FEW_CHUNKS = 16;

/** @returns stores the first chunks that are new, and tells of the others that they are */
const storeFew = (lists: NodeDraft, isKnown: (id: Hash) => boolean) => {
  let stored = 0;
  return (id: Hash, chunk: Uint8Array): boolean => {
    if (isKnown(id)) return false;
    if (stored === FEW_CHUNKS) return true;
    stored += 1;
    lists.put(id, 'chunk', chunk);
    return false;
  };
};

/** Chunks in runs of at least so many bytes, and a rest. */
const runsOf = function* (
  chunks: Iterable<NamedChunk>,
  least: number,
  isNew: (id: Hash, chunk: Uint8Array) => boolean,
): Generator<NamedRun, void> {
  const startRun = (start: number) => ({ start, ends: [] as number[], ids: [] as Hash[], isNew: false });
  let run = startRun(0);
  let end = 0;
  for (const { id, bytes } of chunks) {
    end += bytes.length;
    run.ends.push(end);
    run.ids.push(id);
    run.isNew = isNew(id, bytes) || run.isNew;
    if (end - run.start < least) continue;
    yield run;
    run = startRun(end);
  }
  if (run.ends.length > 0) yield run;
};
