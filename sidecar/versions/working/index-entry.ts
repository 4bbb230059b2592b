import { crc32 } from 'node:zlib';
import type { Hash } from '../../contract/ids.ts';
import { CHUNK_MAX } from '../store/chunker.ts';
import type { VersionFile } from '../tree/version.ts';
import type { DiskFile, FileStamp } from './walk.ts';

/**
 * One file in a stat index, little-endian: bytes of the path (2), flags (2), and as floats the size (8), the times of
 * the last change of content and of state in milliseconds (8 + 8) and the inode (8); content (32), MD5 (16), path in UTF-8.
 */
const entryLength = (block: Buffer, at: number): number => PATH + block.readUInt16LE(at);

const FLAGS = 2;
const SIZE = 4;
const MODIFIED = 12;
const CHANGED = 20;
const INODE = 28;
const CONTENT = 36;
const MD5 = 68;
const PATH = 84;

const NO_HASH = '0'.repeat(64);

export const SHORTEST_ENTRY = PATH;
/** Systems have no longer paths. */
export const LONGEST_ENTRY = PATH + 4_096;

const EXECUTABLE = 1;
const HAS_MD5 = 2;
/** The bytes have been read, and `content` names them. */
const IS_READ = 4;

export interface FileNames {
  readonly content: Hash;
  /** Null for a file whose MD5 is kept apart, since it is large. */
  readonly md5: string | null;
}

/**
 * An entry of a file whose bytes are not known yet.
 * @param former list of the chunks that it had when it was read last; null when that is not known, or it was one chunk
 */
export const unreadEntry = ({ path, stat }: DiskFile, former: Hash | null = null): Buffer => {
  const bytes = Buffer.byteLength(path);
  const entry = Buffer.allocUnsafe(PATH + bytes);
  entry.writeUInt16LE(bytes, 0);
  entry.writeUInt16LE(isExecutable(stat) ? EXECUTABLE : 0, FLAGS);
  entry.writeDoubleLE(stat.size, SIZE);
  entry.writeDoubleLE(stat.mtimeMs, MODIFIED);
  entry.writeDoubleLE(stat.ctimeMs, CHANGED);
  entry.writeDoubleLE(stat.ino, INODE);
  entry.fill(0, CONTENT, PATH);
  if (former !== null) entry.write(former, CONTENT, 'hex');
  entry.write(path, PATH);
  return entry;
};

/** The list of chunks that an entry names: of its bytes as they are, or as they were when they are not known. */
export const listOf = (entry: Buffer): Hash | null => {
  const content = entry.toString('hex', CONTENT, MD5);
  return sizeOf(entry) <= CHUNK_MAX || content === NO_HASH ? null : (content as Hash);
};

/** @param stat as it was when the bytes were read */
export const readEntry = (file: DiskFile, { content, md5 }: FileNames): Buffer => {
  const entry = unreadEntry(file);
  entry.writeUInt16LE(entry.readUInt16LE(FLAGS) | IS_READ | (md5 === null ? 0 : HAS_MD5), FLAGS);
  entry.write(content, CONTENT, 'hex');
  if (md5 !== null) entry.write(md5, MD5, 'hex');
  return entry;
};

/** Entries that lie one behind the other. */
export const splitEntries = function* (block: Buffer): Generator<Buffer, void> {
  for (let at = 0; at < block.length;) {
    const end = at + entryLength(block, at);
    yield block.subarray(at, end);
    at = end;
  }
};

/** Entries one at a time, without an object for each. */
export interface EntryCursor {
  /** False behind the last one. */
  readonly isThere: () => boolean;
  readonly next: () => void;
  readonly entry: () => Buffer;
  readonly path: () => string;
  readonly hasPath: (path: string) => boolean;
  /** Whether its bytes have been read, and the file on disk is the one that it was made of. */
  readonly isReadOf: (stat: FileStamp) => boolean;
}

/** @param blocks of whole entries */
export const openEntryCursor = (blocks: Iterator<Buffer, void>): EntryCursor => {
  let block: Buffer = Buffer.alloc(0);
  let view = new DataView(block.buffer, block.byteOffset, 0);
  let at = 0;
  let end = 0;
  let isThere = true;
  const next = (): void => {
    at = end;
    while (isThere && at >= block.length) {
      const taken = blocks.next();
      isThere = taken.done !== true;
      if (taken.done === true) return;
      block = taken.value;
      view = new DataView(block.buffer, block.byteOffset, block.length);
      at = 0;
    }
    end = at + PATH + view.getUint16(at, true);
  };
  next();
  const path = () => block.toString('utf8', at + PATH, end);
  return {
    isThere: () => isThere,
    next,
    entry: () => block.subarray(at, end),
    path,
    hasPath: (wanted) => {
      const start = at + PATH;
      const length = end - start;
      for (let unit = 0; unit < wanted.length; unit++) {
        const code = wanted.charCodeAt(unit);
        if (code > ASCII) return path() === wanted;
        if (unit >= length || block[start + unit] !== code) return false;
      }
      return length === wanted.length;
    },
    isReadOf: (stat) => (view.getUint16(at + FLAGS, true) & IS_READ) !== 0 && hasStamp(view, at, stat),
  };
};

/** Up to it a character is one byte. */
const ASCII = 0x7f;

export const pathOf = (entry: Buffer): string => entry.toString('utf8', PATH);

export const sizeOf = (entry: Buffer): number => entry.readDoubleLE(SIZE);

/** The times, size and inode that the entry was made with. */
export const stampOf = (entry: Buffer): Omit<FileStamp, 'mode'> => ({
  size: sizeOf(entry),
  mtimeMs: entry.readDoubleLE(MODIFIED),
  ctimeMs: entry.readDoubleLE(CHANGED),
  ino: entry.readDoubleLE(INODE),
});

/** The same without what its bytes were. */
export const asUnread = (entry: Buffer): Buffer => {
  const unread = Buffer.from(entry);
  unread.writeUInt16LE(entry.readUInt16LE(FLAGS) & EXECUTABLE, FLAGS);
  return unread;
};

export const isRead = (entry: Buffer): boolean => (entry.readUInt16LE(FLAGS) & IS_READ) !== 0;

/** The file as a version holds it. Only for entries that are read. */
export const toVersionFile = (entry: Buffer): VersionFile => {
  const flags = entry.readUInt16LE(FLAGS);
  return {
    path: pathOf(entry),
    size: sizeOf(entry),
    content: entry.toString('hex', CONTENT, MD5) as Hash,
    executable: (flags & EXECUTABLE) !== 0,
    md5: (flags & HAS_MD5) === 0 ? null : entry.toString('hex', MD5, PATH),
  };
};

/** Whether a file on disk is the one that the entry was made of. */
export const isSameFile = (entry: Buffer, stat: FileStamp): boolean =>
  hasStamp(new DataView(entry.buffer, entry.byteOffset, entry.length), 0, stat);

const hasStamp = (view: DataView, at: number, stat: FileStamp): boolean =>
  view.getFloat64(at + MODIFIED, true) === stat.mtimeMs &&
  view.getFloat64(at + SIZE, true) === stat.size &&
  view.getFloat64(at + INODE, true) === stat.ino &&
  view.getFloat64(at + CHANGED, true) === stat.ctimeMs;

/** Kernels keep time in ticks of a few milliseconds. */
const TICK_MS = 100;
/** FAT keeps time in steps of two seconds. */
const COARSE_TICK_MS = 2_000;

/**
 * A file that changed this shortly before it was looked at may change again under the same time stamp, so its entry
 * proves nothing: Git's racy rule.
 */
export const isRacy = ({ mtimeMs, ctimeMs }: Pick<FileStamp, 'mtimeMs' | 'ctimeMs'>, lookedAtMs: number): boolean => {
  const newest = Math.max(mtimeMs, ctimeMs);
  return newest + (newest % 1_000 === 0 ? COARSE_TICK_MS : TICK_MS) > lookedAtMs;
};

/** Windows has no such bit. */
export const isExecutable = ({ mode }: Pick<FileStamp, 'mode'>): boolean =>
  (mode & 0o100) !== 0 && process.platform !== 'win32';

export interface IndexHead {
  /** Before that, by the clock of the file system, no file of the index had been looked at. */
  readonly lookedAtMs: number;
  /** The version that consists of exactly these files and is stored whole; null when they are no version. */
  readonly version: Hash | null;
}

const MAGIC = 'TYSTAT02';
const VERSION = 16;
const CHECK = 48;
/** Magic (8), time of the look (8), version or zeros (32), checksum of all before it (4). */
export const HEAD_BYTES = 52;

export const formatHead = ({ lookedAtMs, version }: IndexHead): Buffer => {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC);
  head.writeDoubleLE(lookedAtMs, MAGIC.length);
  head.write(version ?? NO_HASH, VERSION, 'hex');
  head.writeUInt32LE(crc32(head.subarray(0, CHECK)), CHECK);
  return head;
};

/** @returns null when these bytes are no head of an index */
export const parseHead = (head: Buffer): IndexHead | null => {
  if (head.length < HEAD_BYTES || head.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  if (crc32(head.subarray(0, CHECK)) !== head.readUInt32LE(CHECK)) return null;
  const version = head.toString('hex', VERSION, CHECK);
  return {
    lookedAtMs: head.readDoubleLE(MAGIC.length),
    version: version === NO_HASH ? null : (version as Hash),
  };
};
