import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { blobDamaged, blobMissing, packGone } from '../../faults.ts';
import { makeFolder } from '../durable.ts';
import { chunkId, nodeId } from './blob-id.ts';
import { decompress } from './compression.ts';
import { createIdSet } from './id-set.ts';
import type { BlobKind } from './pack-index.ts';
import { createPackReader, type PackReader } from './pack-reader.ts';
import { createPackWriter } from './pack-writer.ts';
import { openPacks, type BlobPlace, type Packs } from './packs.ts';

export type { BlobKind } from './pack-index.ts';
export type { BlobPlace } from './packs.ts';

/** Immutable pieces of files and trees, named by BLAKE3. Several processes may read and write one folder at once. */
export interface Blobs {
  /** As far as is known since it was opened or refreshed. */
  readonly has: (id: Hash) => boolean;
  /**
   * The bytes, checked against their name; the caller owns them.
   * @throws Fault `store-damaged` when they are missing or wrong, naming the blob and the pack
   */
  readonly get: (id: Hash) => Buffer;
  /** Where it lies, for ranged reads, push and repacking. */
  readonly locate: (id: Hash) => BlobPlace | undefined;
  /** Looks again for packs that other processes have added or taken away. */
  readonly refresh: () => void;
  readonly openDraft: () => BlobDraft;
  /** Closes the files of packs; the next read opens them again. */
  readonly close: () => void;
}

/**
 * Blobs on their way into the store. A full pack is closed as soon as it is full, so that memory stays small and an
 * interrupted snapshot goes on where it was; what nothing refers to in the end is garbage that `collect` removes.
 */
export interface BlobDraft {
  /**
   * Stores a blob that is not there yet. The bytes are copied: the caller may use their memory again.
   * @param id by `chunkId` or `nodeId`, as `kind` says; it is not computed again
   * @returns whether it was new
   */
  readonly put: (id: Hash, kind: BlobKind, bytes: Uint8Array) => boolean;
  /**
   * Durable and visible: packs, then indexes, folders synced. A draft may go on after it.
   * @throws Fault `store-damaged` when a pack that was relied on has gone
   */
  readonly commit: () => void;
  readonly discard: () => void;
}

/** @param folder `.trainyard/data`; it need not be there yet */
export const openBlobs = (folder: string): Blobs => {
  const packsFolder = join(folder, 'packs');
  const packs = openPacks(packsFolder);
  const reader = createPackReader(packsFolder);

  const readKnown = (id: Hash): Buffer | undefined => {
    const place = packs.find(id);
    return place === undefined ? undefined : readBlob(reader, id, place);
  };
  const get = (id: Hash): Buffer => {
    const known = readKnown(id);
    if (known !== undefined) return known;
    // Another process may have added its pack, or moved the blob into another one.
    reader.close();
    packs.refresh();
    const found = readKnown(id);
    if (found !== undefined) return found;
    const place = packs.find(id);
    throw place === undefined ? blobMissing(id, packs.damaged()) : blobDamaged(id, place.pack);
  };
  return {
    get,
    has: (id) => packs.find(id) !== undefined,
    locate: packs.find,
    refresh: packs.refresh,
    openDraft: () => openBlobDraft(packsFolder, packs),
    close: reader.close,
  };
};

/** @returns undefined when the bytes are not those that the blob is named by */
export const readBlob = (reader: PackReader, id: Hash, place: BlobPlace): Buffer | undefined => {
  const stored = reader.read(place.pack, place.offset, place.stored);
  const bytes = place.compressed ? decompressed(stored, place.length) : stored;
  return bytes !== undefined && idOf(place.kind, bytes) === id ? bytes : undefined;
};

const idOf = (kind: BlobKind, bytes: Buffer): Hash => (kind === 'chunk' ? chunkId(bytes) : nodeId(bytes));

/** @returns undefined for bytes that are no such frame: they are damaged, and whoever asked says so */
const decompressed = (stored: Buffer, length: number): Buffer | undefined => {
  try {
    return decompress(stored, length);
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
};

const openBlobDraft = (folder: string, packs: Packs): BlobDraft => {
  makeFolder(folder);
  const own = createIdSet();
  const made = new Set<Hash>();
  const reused = new Set<Hash>();
  const closed = (name: Hash, index: Buffer) => {
    made.add(name);
    packs.add(name, index);
  };
  const writers = {
    chunk: createPackWriter({ folder, kind: 'chunk', closed }),
    node: createPackWriter({ folder, kind: 'node', closed }),
  };
  const reuse = (pack: Hash) => {
    if (made.has(pack) || reused.has(pack)) return;
    touch(folder, pack);
    reused.add(pack);
  };
  return {
    put: (id, kind, bytes) => {
      const place = packs.find(id);
      if (place !== undefined) {
        reuse(place.pack);
        return false;
      }
      if (!own.add(id)) return false;
      writers[kind].put(id, bytes);
      return true;
    },
    commit: () => {
      writers.chunk.close();
      writers.node.close();
      for (const pack of reused) touch(folder, pack);
    },
    discard: () => {
      writers.chunk.discard();
      writers.node.discard();
    },
  };
};

/** Marks a pack as in use, which keeps it from being collected before the version that needs it is named somewhere. */
const touch = (folder: string, pack: Hash): void => {
  const now = new Date();
  const there = ['pack', 'index'].every((part) => statSync(join(folder, `${pack}.${part}`), { throwIfNoEntry: false }));
  if (!there) throw packGone(pack);
  utimesSync(join(folder, `${pack}.pack`), now, now);
};
