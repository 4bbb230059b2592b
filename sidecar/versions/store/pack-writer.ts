import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { PIECE_BYTES } from '../file-pieces.ts';
import { openDraft, syncFolder, writeDurably, type Draft } from '../durable.ts';
import { startDigest } from './blob-id.ts';
import { compress, release } from './compression.ts';
import { packFooter, PACK_BYTES, PACK_MAGIC } from './pack-file.ts';
import { ENTRY_BYTES, PACK_BLOBS, sealIndex, writeEntry, type BlobKind } from './pack-index.ts';

/** Appends blobs of one kind to packs. */
export interface PackWriter {
  /** @param id that is in no pack of this writer yet */
  readonly put: (id: Hash, bytes: Uint8Array) => void;
  /** The same for bytes as they lie in another pack. */
  readonly putStored: (id: Hash, stored: Uint8Array, length: number, compressed: boolean) => void;
  /** Makes what was put durable and visible: the pack, then its index, each synced with its folder. */
  readonly close: () => void;
  /** Forgets what is in no closed pack yet. */
  readonly discard: () => void;
}

/** What is written waits for the disk in parts of this size, while the next is made. */
const SETTLED_BYTES = 8 << 20;

interface PackWriterNeeds {
  /** Folder of packs. */
  readonly folder: string;
  readonly kind: BlobKind;
  /** A pack is about to be closed: what its blobs rely on has to be durable by then. */
  readonly closing?: () => void;
  /** A pack is closed and can be read by all. */
  readonly closed: (name: Hash, index: Buffer) => void;
}

/** Two buffers are all it holds, whatever the number of blobs; a pack is closed when it is full. */
export const createPackWriter = ({ folder, kind, closing, closed }: PackWriterNeeds): PackWriter => {
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let entries = Buffer.allocUnsafeSlow(256 * ENTRY_BYTES);
  let draft: Draft | null = null;
  let running = startDigest();
  let buffered = 0;
  let written = 0;
  let settled = 0;
  let indexed = 0;

  const write = (bytes: Uint8Array) => {
    draft ??= openDraft(folder);
    draft.write(bytes);
    running.update(bytes);
    if (written - settled < SETTLED_BYTES) return;
    draft.settleAhead();
    settled = written;
  };
  const flush = () => {
    if (buffered > 0) write(buffer.subarray(0, buffered));
    buffered = 0;
  };
  const append = (bytes: Uint8Array) => {
    if (buffered + bytes.length > buffer.length) flush();
    if (bytes.length > buffer.length) write(bytes);
    else {
      buffer.set(bytes, buffered);
      buffered += bytes.length;
    }
    written += bytes.length;
  };
  const reset = () => {
    draft = null;
    running = startDigest();
    buffered = written = settled = indexed = 0;
  };
  const close = () => {
    if (indexed === 0) return;
    closing?.();
    const { name, bytes } = sealIndex(entries.subarray(0, indexed));
    flush();
    draft?.write(packFooter(bytes, running.digest()));
    draft?.publish(join(folder, `${name}.pack`));
    syncFolder(folder);
    writeDurably(join(folder, `${name}.index`), bytes);
    reset();
    closed(name, bytes);
  };
  const putStored = (id: Hash, stored: Uint8Array, length: number, compressed: boolean) => {
    if (written + stored.length > PACK_BYTES || indexed === PACK_BLOBS * ENTRY_BYTES) close();
    if (written === 0) append(PACK_MAGIC);
    if (indexed + ENTRY_BYTES > entries.length) entries = Buffer.concat([entries], entries.length * 2);
    writeEntry(entries, indexed, id, { kind, offset: written, stored: stored.length, length, compressed });
    indexed += ENTRY_BYTES;
    append(stored);
  };
  return {
    putStored,
    close,
    put: (id, bytes) => {
      const less = compress(bytes);
      putStored(id, less ?? bytes, bytes.length, less !== null);
      if (less !== null) release(less);
    },
    discard: () => {
      draft?.discard();
      reset();
    },
  };
};
