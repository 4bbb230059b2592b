import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { blobDamaged, blobMissing, packGone } from '../../faults.ts';
import { makeFolder } from '../durable.ts';
import { chunkId, nodeId } from './blob-id.ts';
import { decompress, release } from './compression.ts';
import { createIdSet } from './id-set.ts';
import type { BlobKind, BlobSpan } from './pack-index.ts';
import { createPackReader, type PackReader } from './pack-reader.ts';
import { createPackWriter } from './pack-writer.ts';
import { openPacks, type BlobPlace, type Packs, type SharedPacks } from './packs.ts';
import { openRecent } from './recent.ts';
import { openTrash } from './trash.ts';

export type { BlobKind } from './pack-index.ts';
export type { BlobPlace, SharedPacks } from './packs.ts';

/** Immutable pieces of files and trees, named by BLAKE3. Several processes may read and write one folder at once. */
export interface Blobs {
  /** As far as is known since it was first asked or refreshed. */
  readonly has: (id: Hash) => boolean;
  /**
   * The bytes, checked against their name; the caller owns them.
   * @throws Fault `store-damaged` when they are missing or wrong, naming the blob and the pack
   */
  readonly get: (id: Hash) => Buffer;
  /**
   * The same, valid until the next is asked for: for those who pass many bytes on and keep none, since what is copied
   * out of a pack lies about until the engine collects it.
   */
  readonly view: (id: Hash) => Buffer;
  /** Where it lies, for ranged reads, push and repacking. */
  readonly locate: (id: Hash) => BlobPlace | undefined;
  /** Looks again for packs that other processes have added or taken away. */
  readonly refresh: () => void;
  readonly openDraft: () => BlobDraft;
  /** What threads of the same process open the folder with, so that they need not read what is known here. */
  readonly share: () => SharedPacks;
  /** Closes the files of packs; the next read opens them again. */
  readonly close: () => void;
}

/**
 * Blobs on their way into the store. A full pack is closed as soon as it is full, so that memory stays small and an
 * interrupted snapshot goes on where it was; what nothing refers to in the end is garbage that `collect` removes.
 */
export interface BlobDraft {
  /**
   * Stores a blob that is not there yet: chunks before the nodes that name them. The bytes are copied: the caller may
   * use their memory again.
   * @param id by `chunkId` or `nodeId`, as `kind` says; it is not computed again
   * @returns whether it was new
   */
  readonly put: (id: Hash, kind: BlobKind, bytes: Uint8Array) => boolean;
  /** Says that a version lives from `commit` on, for a day, whether or not anything of it is new. */
  readonly name: (version: Hash) => void;
  /**
   * Durable and visible: packs, then indexes, folders synced. What was there when the draft was opened is there still:
   * a collection that took some of it away meanwhile is undone. A draft may go on after it.
   * @throws Fault `store-damaged` when a pack of the draft has gone
   */
  readonly commit: () => void;
  readonly discard: () => void;
}

/**
 * @param folder `.trainyard/data`; it need not be there yet. Inside it `packs/` holds the blobs, `trash/` what is about
 * to be removed, `recent/` the names of versions that were saved within the last day.
 */
export const openBlobs = (folder: string, shared: SharedPacks | null = null): Blobs => {
  const packsFolder = join(folder, 'packs');
  const packs = openPacks(packsFolder, shared);
  const reader = createPackReader(packsFolder);

  /** The copy that is found first; when it is damaged, another one. */
  const readKnown = (id: Hash, read: PackReader['read']): Buffer | undefined => {
    const place = packs.find(id);
    if (place === undefined) return undefined;
    const bytes = readBlob(read, id, place);
    if (bytes !== undefined) return bytes;
    for (const other of packs.findAll(id)) {
      const copy = other.pack === place.pack ? undefined : readBlob(read, id, other);
      if (copy !== undefined) return copy;
    }
    return undefined;
  };
  const find = (id: Hash, read: PackReader['read']): Buffer => {
    const known = readKnown(id, read);
    if (known !== undefined) return known;
    // Another process may have added its pack, or moved the blob into another one.
    reader.close();
    packs.refresh();
    const found = readKnown(id, read);
    if (found !== undefined) return found;
    const place = packs.find(id);
    throw place === undefined ? blobMissing(id, packs.damaged()) : blobDamaged(id, place.pack);
  };
  /** What the last view has made; null when it was memory of the reader. */
  let viewed: Buffer | null = null;
  const view = (id: Hash): Buffer => {
    if (viewed !== null) release(viewed);
    viewed = null;
    const bytes = find(id, reader.view);
    if (packs.find(id)?.compressed === true) viewed = bytes;
    return bytes;
  };
  return {
    get: (id) => find(id, reader.read),
    view,
    has: packs.has,
    locate: packs.find,
    refresh: packs.refresh,
    openDraft: () => openBlobDraft(folder, packs),
    share: packs.share,
    close: reader.close,
  };
};

/** @returns undefined when the bytes are not those that the blob is named by */
const readBlob = (read: PackReader['read'], id: Hash, place: BlobPlace): Buffer | undefined =>
  openStored(id, place, read(place.pack, place.offset, place.stored));

/** The blob of these bytes of a pack. @returns undefined when they are not those that it is named by */
export const openStored = (id: Hash, span: BlobSpan, stored: Buffer): Buffer | undefined => {
  const bytes = span.compressed ? decompressed(stored, span.length) : stored;
  return bytes !== undefined && idOf(span.kind, bytes) === id ? bytes : undefined;
};

/** The name of these bytes as a blob of that kind. */
export const idOf = (kind: BlobKind, bytes: Uint8Array): Hash => (kind === 'chunk' ? chunkId(bytes) : nodeId(bytes));

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
  const packsFolder = join(folder, 'packs');
  makeFolder(packsFolder);
  // What is known from here on is relied on: it is looked up once more, and brought back if it goes.
  const openedAt = Date.now();
  packs.refresh();
  // What is in no closed pack yet; the others are known as all packs are.
  const own = { chunk: createIdSet(), node: createIdSet() };
  const made = new Set<Hash>();
  const versions = new Set<Hash>();
  const needs = (kind: BlobKind) => ({
    folder: packsFolder,
    kind,
    closed: (name: Hash, index: Buffer) => {
      made.add(name);
      packs.add(name, index);
      own[kind].clear();
    },
  });
  const chunk = createPackWriter(needs('chunk'));
  // A node that can be seen names no chunk that cannot, whenever its pack is full.
  const node = createPackWriter({ ...needs('node'), closing: chunk.close });
  const writers = { chunk, node };
  return {
    name: (version) => void versions.add(version),
    put: (id, kind, bytes) => {
      if (packs.has(id) || !own[kind].add(id)) return false;
      writers[kind].put(id, bytes);
      return true;
    },
    commit: () => {
      writers.chunk.close();
      writers.node.close();
      // In this order: a collection looks for new names last, so that one of the two sees the other (collect.ts).
      const recent = openRecent(folder);
      for (const version of versions) recent.note(version);
      openTrash(folder, openedAt).bringBack(openedAt);
      for (const pack of made) if (!existsSync(join(packsFolder, `${pack}.index`))) throw packGone(pack);
    },
    discard: () => {
      writers.chunk.discard();
      writers.node.discard();
    },
  };
};
