import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { PIECE_BYTES } from '../file-pieces.ts';
import { ifThere } from '../if-there.ts';

/** Reads ranges of packs, few files open at a time. */
export interface PackReader {
  /**
   * @returns the bytes; fewer when the pack ends before, and none when it is not there. They are the caller's own.
   */
  readonly read: (pack: string, offset: number, length: number) => Buffer;
  /** The same without a copy where they are read ahead: valid until the next read. */
  readonly view: (pack: string, offset: number, length: number) => Buffer;
  /** Closes all files; the next read opens them again. */
  readonly close: () => void;
}

/** Packs kept open, and of each the bytes read ahead. */
const OPEN_PACKS = 32;
/** Packs with a window at a time: a restore walks through one or two. */
const WINDOWS = 4;

interface OpenPack {
  readonly file: number;
  /** Where the last read ended: one that goes on there reads ahead. */
  next: number;
  window: Window | null;
}

interface Window {
  readonly bytes: Buffer;
  start: number;
  filled: number;
}

/**
 * Blobs that were put together are read together: when a read goes on where the last one ended, a megabyte is read
 * at once and the next blobs come from memory. Reads here and there take only what they ask for.
 */
export const createPackReader = (folder: string): PackReader => {
  // Both in order of use: the first is the one that was not used for the longest time.
  const open = new Map<string, OpenPack>();
  const windows = new Map<OpenPack, Window>();

  const forget = (name: string, pack: OpenPack) => {
    closeSync(pack.file);
    windows.delete(pack);
    open.delete(name);
  };
  const openPack = (name: string): OpenPack | null => {
    const known = open.get(name);
    open.delete(name);
    const pack = known ?? openIfThere(join(folder, `${name}.pack`));
    if (pack === null) return null;
    open.set(name, pack);
    const [oldest] = open;
    if (open.size > OPEN_PACKS && oldest !== undefined) forget(...oldest);
    return pack;
  };
  const windowOf = (pack: OpenPack): Window => {
    const own = windows.get(pack) ?? takeWindow();
    windows.delete(pack);
    windows.set(pack, own);
    pack.window = own;
    return own;
  };
  /** Memory for a window: new, or that of the pack that did not need it for the longest time. */
  const takeWindow = (): Window => {
    const [oldest] = windows;
    if (windows.size < WINDOWS || oldest === undefined) {
      return { bytes: Buffer.allocUnsafeSlow(PIECE_BYTES), start: 0, filled: 0 };
    }
    const [pack, window] = oldest;
    windows.delete(pack);
    pack.window = null;
    return window;
  };

  /** @param take what is read ahead: the memory of the window, or a copy */
  const read = (pack: OpenPack, offset: number, length: number, take: (ahead: Buffer) => Buffer): Buffer => {
    const goesOn = offset === pack.next;
    pack.next = offset + length;
    if (!holds(pack.window, offset, length)) {
      if (!goesOn || length >= PIECE_BYTES) return readExactly(pack.file, offset, length);
      const window = windowOf(pack);
      window.start = offset;
      window.filled = fill(pack.file, window.bytes, offset);
    }
    return take(viewOf(pack.window, offset, length));
  };
  const readWith =
    (take: (ahead: Buffer) => Buffer): PackReader['read'] =>
    (name, offset, length) => {
      const pack = openPack(name);
      return pack === null ? Buffer.alloc(0) : read(pack, offset, length, take);
    };

  return {
    view: readWith((ahead) => ahead),
    read: readWith((ahead) => Buffer.from(ahead)),
    close: () => {
      for (const [name, pack] of [...open]) forget(name, pack);
    },
  };
};

const holds = (window: Window | null, offset: number, length: number): boolean =>
  window !== null && offset >= window.start && offset + length <= window.start + window.filled;

const viewOf = (window: Window | null, offset: number, length: number): Buffer => {
  if (window === null) return Buffer.alloc(0);
  const from = offset - window.start;
  return window.bytes.subarray(from, Math.min(from + length, window.filled));
};

const openIfThere = (path: string): OpenPack | null =>
  ifThere(() => ({ file: openSync(path, 'r'), next: -1, window: null }));

const readExactly = (file: number, offset: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, fill(file, bytes, offset));
};

/** @returns the number of bytes read; fewer than there is room for when the file ends before */
const fill = (file: number, into: Buffer, offset: number): number => {
  let filled = 0;
  while (filled < into.length) {
    const read = readSync(file, into, filled, into.length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
};
