import type { Hash } from '../../contract/ids.ts';
import { chunkId, nodeId } from '../store/blob-id.ts';
import type { BlobDraft, Blobs } from '../store/blobs.ts';
import { CHUNK_MAX, startChunker } from '../store/chunker.ts';
import { createLevels } from './levels.ts';
import { decodeList, encodeList, type ListChild, type VersionFile } from './nodes.ts';

type Reads = Pick<Blobs, 'get'>;

/** Names a file by its chunks: one chunk is named by itself, more by the root of their list. */
export interface ChunkList {
  /** Chunks in the order of the file; they are stored by the caller. */
  readonly add: (id: Hash, bytes: number) => void;
  /** At least one chunk was added; an empty file has one of no bytes. */
  readonly finish: () => { readonly content: Hash; readonly size: number };
}

/**
 * The list is a tree whose nodes are cut by the ids in it, some 64 to a node: versions of a large file share all of
 * the list but the nodes above what was edited.
 */
export const startChunkList = (draft: Pick<BlobDraft, 'put'>): ChunkList => {
  const levels = createLevels((level, children: readonly ListChild[]) => {
    const bytes = encodeList({ level: level - 1, children });
    const id = nodeId(bytes);
    draft.put(id, 'node', bytes);
    return { id, bytes: children.reduce((sum, child) => sum + child.bytes, 0) };
  });
  return {
    add: (id, bytes) => levels.add({ id, bytes }),
    finish: () => {
      const { id, bytes } = levels.finish();
      return { content: id, size: bytes };
    },
  };
};

/** Stores the bytes of a file in one thread, without holding them. */
export const writeContent = (draft: BlobDraft, source: Iterable<Uint8Array>): { content: Hash; size: number } => {
  const list = startChunkList(draft);
  for (const bytes of chunksOf(source)) {
    const id = chunkId(bytes);
    draft.put(id, 'chunk', bytes);
    list.add(id, bytes.length);
  }
  return list.finish();
};

/** The chunks of a file, each valid until the next: at least one, and one only for up to 128 KiB. */
export const chunksOf = function* (source: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  const chunker = startChunker();
  const head: Uint8Array[] = [];
  let held = 0;
  for (const bytes of source) {
    if (held <= CHUNK_MAX) {
      head.push(Uint8Array.from(bytes));
      held += bytes.length;
      if (held <= CHUNK_MAX) continue;
      for (const part of head) yield* chunker.push(part);
    } else yield* chunker.push(bytes);
  }
  const rest = held > CHUNK_MAX ? chunker.end() : Buffer.concat(head);
  if (rest !== null) yield rest;
};

/** A chunk and where it stands in its file. */
export interface PlacedChunk {
  readonly id: Hash;
  readonly start: number;
  readonly length: number;
}

/** The chunks of a file, in order. @throws Fault `store-damaged` */
export const contentChunks = function* (
  blobs: Reads,
  { content, size }: Pick<VersionFile, 'content' | 'size'>,
): Generator<PlacedChunk, void> {
  let start = 0;
  for (const { id, bytes } of size <= CHUNK_MAX ? [{ id: content, bytes: size }] : listChunks(blobs, content)) {
    yield { id, start, length: bytes };
    start += bytes;
  }
};

/** The chunks below a list, in order. @throws Fault `store-damaged` */
export const listChunks = function* (blobs: Reads, list: Hash): Generator<ListChild, void> {
  const { level, children } = decodeList(list, blobs.get(list));
  if (level === 0) yield* children;
  else for (const { id } of children) yield* listChunks(blobs, id);
};

/**
 * The nodes of a list, each before those below it.
 * @param isKnown of a node that is left out with all that is below it
 */
export const listNodes = function* (
  blobs: Reads,
  list: Hash,
  isKnown: (id: Hash) => boolean,
): Generator<{ readonly id: Hash; readonly level: number }, void> {
  if (isKnown(list)) return;
  const { level, children } = decodeList(list, blobs.get(list));
  yield { id: list, level };
  if (level > 0) for (const { id } of children) yield* listNodes(blobs, id, isKnown);
};
