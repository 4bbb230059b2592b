import type { Hash } from '../../contract/ids.ts';
import { contentWrong } from '../../faults.ts';
import type { Blobs } from '../store/blobs.ts';
import { contentChunks } from './chunk-list.ts';
import { partsOf, type FileParts } from './differing-ranges.ts';
import type { VersionFile } from './nodes.ts';

export { contentChunks, writeContent } from './chunk-list.ts';

/** What of a row tells its bytes. */
export type FileContent = Pick<VersionFile, 'content' | 'size'>;

/** A file whose bytes are read out of order. */
export interface OpenContent {
  readonly bytes: number;
  /** The bytes from `start` up to, not including, `end`. */
  readonly read: (start: number, end: number) => ArrayBuffer;
  readonly close: () => void;
}

/** The bytes of the files of versions; every piece is checked before it is given. */
export interface Contents {
  /** In pieces of at most 128 KiB. @throws Fault `store-damaged` at the piece that is damaged or missing */
  readonly pieces: (file: FileContent) => Generator<Buffer, void>;
  /** @throws Fault `store-damaged` */
  readonly get: (file: FileContent) => Buffer;
  /** For bytes that are read out of order; what is read is checked when it is read. */
  readonly open: (file: FileContent) => OpenContent;
  /** Its pieces by their names, to see where two files differ without reading them. @throws Fault `store-damaged` */
  readonly parts: (file: FileContent) => FileParts;
}

export const createContents = (blobs: Pick<Blobs, 'get'>): Contents => {
  const pieces = function* (file: FileContent): Generator<Buffer, void> {
    let size = 0;
    for (const { id, length } of contentChunks(blobs, file)) {
      const piece = blobs.get(id);
      if (piece.length !== length) throw contentWrong(file.content);
      size += length;
      yield piece;
    }
    if (size !== file.size) throw contentWrong(file.content);
  };
  return {
    pieces,
    get: (file) => {
      const [first, ...more] = pieces(file);
      return more.length === 0 && first !== undefined ? first : Buffer.concat([...(first ? [first] : []), ...more]);
    },
    open: (file) => openContent(blobs, file),
    parts: (file) => partsOf(blobs, file),
  };
};

/** Chunks kept of an open file: readers of columns come back to the same places. */
const KEPT_CHUNKS = 16;

const openContent = (blobs: Pick<Blobs, 'get'>, file: FileContent): OpenContent => {
  const starts: number[] = [];
  const ids: Hash[] = [];
  for (const { id, start } of contentChunks(blobs, file)) {
    starts.push(start);
    ids.push(id);
  }
  // In order of use: the first was not used for the longest time.
  const kept = new Map<number, Buffer>();
  const chunkAt = (at: number): Buffer => {
    const bytes = kept.get(at) ?? blobs.get(ids[at] as Hash);
    kept.delete(at);
    kept.set(at, bytes);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_CHUNKS && oldest !== undefined) kept.delete(oldest);
    return bytes;
  };
  return {
    bytes: file.size,
    read: (start, end) => {
      const wanted = Buffer.alloc(Math.max(0, Math.min(end, file.size) - start));
      for (let filled = 0, at = lastAtMost(starts, start); filled < wanted.length; at++) {
        const from = start + filled - (starts[at] ?? 0);
        const copied = chunkAt(at).copy(wanted, filled, from);
        if (copied === 0) throw contentWrong(file.content);
        filled += copied;
      }
      return wanted.buffer;
    },
    close: () => kept.clear(),
  };
};

/** Index of the last of the ascending numbers that is not above `value`. */
const lastAtMost = (ascending: readonly number[], value: number): number => {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
};
