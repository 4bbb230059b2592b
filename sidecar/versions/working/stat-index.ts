import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeWhole } from '../durable.ts';
import { comparePaths } from '../tree/path-order.ts';
import {
  formatHead,
  HEAD_BYTES,
  LONGEST_ENTRY,
  parseHead,
  pathOf,
  SHORTEST_ENTRY,
  splitEntries,
  type IndexHead,
} from './index-entry.ts';
import { ifThere } from '../if-there.ts';

/**
 * What is known of the files of a data set, so that nothing unchanged is read twice: one flat file of entries in path
 * order, read once and merged with the walk. It is a cache: blocks carry a checksum, and files whose entries are lost
 * are only read again. So it is not synced.
 */
export interface StatIndex extends IndexHead {
  /**
   * The entries as they lie in the file, in path order.
   * @param from path to begin near: entries before it may be left out, and are left out a block at a time
   */
  readonly entries: (from?: string) => Generator<Buffer, void>;
  /** The same, many at once, each block valid until the next is asked for. */
  readonly blocks: (from?: string) => Generator<Buffer, void>;
  /** Size of the file. */
  readonly bytes: number;
}

/** Of data that was never looked at. */
export const emptyStatIndex: StatIndex = {
  lookedAtMs: 0,
  version: null,
  bytes: 0,
  entries: function* () {},
  blocks: function* () {},
};

/** @returns null when there is no index at `path`, or none that this version reads */
export const openStatIndex = (path: string): StatIndex | null => {
  const file = openIfThere(path);
  if (file === null) return null;
  try {
    const head = parseHead(readAt(file, HEAD_BYTES, 0));
    if (head === null) return null;
    return {
      ...head,
      bytes: fstatSync(file).size,
      entries: (from) => entriesOf(readBlocks(path, from)),
      blocks: (from) => readBlocks(path, from, Buffer.allocUnsafeSlow(BLOCK_BYTES)),
    };
  } finally {
    closeSync(file);
  }
};

export interface StatIndexDraft {
  /** When the draft was begun, by the clock of the file system that it lies on. */
  readonly beganMs: number;
  /** What that clock says now. */
  readonly nowMs: () => number;
  /** Entries come in path order. */
  readonly append: (entry: Buffer) => void;
  /** All entries, once nothing is added any more. */
  readonly entries: () => Generator<Buffer, void>;
  readonly publish: (path: string, head: IndexHead) => void;
  /** Ends it for whoever reads it next, with `readEntries`, and removes it. @returns where it lies */
  readonly leave: () => string;
  /** Removes what was not published. */
  readonly discard: () => void;
}

/** Entries of one checksum; none lies in two blocks. */
const BLOCK_BYTES = 1 << 18;
/** Length and checksum. */
const BLOCK_HEAD = 8;

export const draftStatIndex = (folder: string): StatIndexDraft => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let place = join(folder, `.${randomUUID()}.tmp`);
  const file = openSync(place, 'wx', 0o600);
  const block = Buffer.allocUnsafe(BLOCK_HEAD + BLOCK_BYTES);
  let filled = BLOCK_HEAD;
  let state: 'open' | 'closed' | 'given' = 'open';
  writeWhole(file, Buffer.alloc(HEAD_BYTES));

  const flush = () => {
    if (filled === BLOCK_HEAD) return;
    block.writeUInt32LE(filled - BLOCK_HEAD, 0);
    block.writeUInt32LE(crc32(block.subarray(BLOCK_HEAD, filled)), 4);
    writeWhole(file, block.subarray(0, filled));
    filled = BLOCK_HEAD;
  };
  const close = () => {
    if (state !== 'open') return;
    closeSync(file);
    state = 'closed';
  };
  return {
    beganMs: fstatSync(file).mtimeMs,
    nowMs: () => {
      writeSync(file, Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return fstatSync(file).mtimeMs;
    },
    append: (entry) => {
      if (filled + entry.length > block.length) flush();
      entry.copy(block, filled);
      filled += entry.length;
    },
    entries: () => {
      flush();
      return readEntries(place);
    },
    publish: (path, head) => {
      flush();
      writeSync(file, formatHead(head), 0, HEAD_BYTES, 0);
      close();
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      renameSync(place, path);
      place = path;
      state = 'given';
    },
    leave: () => {
      flush();
      close();
      state = 'given';
      return place;
    },
    discard: () => {
      close();
      if (state === 'closed') rmSync(place, { force: true });
    },
  };
};

const openIfThere = (path: string): number | null => ifThere(() => openSync(path, 'r'));

/** @returns fewer bytes where the file ends */
const readAt = (file: number, length: number, offset: number): Buffer =>
  fillAt(file, Buffer.allocUnsafe(length), offset);

const fillAt = (file: number, bytes: Buffer, offset: number): Buffer =>
  bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));

/** The entries of a draft that was left. */
export const readEntries = (path: string): Generator<Buffer, void> => entriesOf(readBlocks(path));

const entriesOf = function* (blocks: Iterable<Buffer>): Generator<Buffer, void> {
  for (const block of blocks) yield* splitEntries(block);
};

/**
 * @param from as for `StatIndex.entries`
 * @param into memory for all blocks; null to give each its own
 */
const readBlocks = function* (path: string, from = '', into: Buffer | null = null): Generator<Buffer, void> {
  const file = openSync(path, 'r');
  try {
    for (let offset = blockBefore(file, from); ;) {
      const head = readAt(file, BLOCK_HEAD, offset);
      if (head.length < BLOCK_HEAD) return;
      const length = head.readUInt32LE(0);
      if (length > BLOCK_BYTES) return;
      const block = fillAt(file, into?.subarray(0, length) ?? Buffer.allocUnsafe(length), offset + BLOCK_HEAD);
      if (block.length < length || crc32(block) !== head.readUInt32LE(4)) return;
      offset += BLOCK_HEAD + length;
      yield block;
    }
  } finally {
    closeSync(file);
  }
};

/** Where the last block lies that does not begin behind a path. Only the first entry of each is read. */
const blockBefore = (file: number, path: string): number => {
  let found = HEAD_BYTES;
  if (path === '') return found;
  for (let offset = HEAD_BYTES; ;) {
    const start = readAt(file, BLOCK_HEAD + LONGEST_ENTRY, offset);
    const first = firstPath(start);
    if (first === null || comparePaths(first, path) > 0) return found;
    found = offset;
    offset += BLOCK_HEAD + start.readUInt32LE(0);
  }
};

/** @returns null where no block begins */
const firstPath = (start: Buffer): string | null => {
  if (start.length < BLOCK_HEAD + SHORTEST_ENTRY || start.readUInt32LE(0) < SHORTEST_ENTRY) return null;
  const [first] = splitEntries(start.subarray(BLOCK_HEAD));
  return first === undefined ? null : pathOf(first);
};
