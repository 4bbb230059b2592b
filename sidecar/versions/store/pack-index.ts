import type { Hash } from '../../contract/ids.ts';
import { nodeId } from './blob-id.ts';
import { ID_BYTES } from './slot-table.ts';

export type BlobKind = 'chunk' | 'node';

/** Where a blob lies in its pack, and how. */
export interface BlobSpan {
  readonly kind: BlobKind;
  readonly offset: number;
  /** Bytes in the pack. */
  readonly stored: number;
  /** Bytes of the blob itself. */
  readonly length: number;
  /** Zstandard; else as it is. */
  readonly compressed: boolean;
}

/**
 * The index of a pack: 8 bytes of magic and 44 bytes a blob, sorted by id. All numbers are little-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 32 | id |
 * | 4 | offset in the pack |
 * | 4 | stored bytes; the highest bit says that they are compressed |
 * | 4 | bytes of the blob; the highest bit says that it is a node |
 *
 * BLAKE3 of all that is the pack's name: an index that does not fit its name is damaged.
 */
const MAGIC = Buffer.from('TYBLOBS1');
export const INDEX_HEAD = MAGIC.length;
export const ENTRY_BYTES = ID_BYTES + 12;
const FLAG = 0x80000000;
const REST = 0x7fffffff;

/** Writes an entry at `at`; the id goes in as hexadecimal digits. */
export const writeEntry = (into: Buffer, at: number, id: Hash, span: BlobSpan): void => {
  into.write(id, at, 'hex');
  into.writeUInt32LE(span.offset, at + ID_BYTES);
  into.writeUInt32LE(span.compressed ? span.stored + FLAG : span.stored, at + ID_BYTES + 4);
  into.writeUInt32LE(span.kind === 'node' ? span.length + FLAG : span.length, at + ID_BYTES + 8);
};

export const readEntry = (from: Buffer, at: number): BlobSpan => {
  const stored = from.readUInt32LE(at + ID_BYTES + 4);
  const length = from.readUInt32LE(at + ID_BYTES + 8);
  return {
    kind: length >= FLAG ? 'node' : 'chunk',
    offset: from.readUInt32LE(at + ID_BYTES),
    stored: stored & REST,
    length: length & REST,
    compressed: stored >= FLAG,
  };
};

export const readEntryId = (from: Buffer, at: number): Hash => from.toString('hex', at, at + ID_BYTES) as Hash;

/** The most blobs of a pack, so that an index stays small and its rows can be numbered in 18 bits. */
export const PACK_BLOBS = 1 << 18;

/** An index of entries that were written one after the other, in any order. */
export const sealIndex = (entries: Buffer): { readonly name: Hash; readonly bytes: Buffer } => {
  const bytes = Buffer.allocUnsafeSlow(INDEX_HEAD + entries.length);
  MAGIC.copy(bytes);
  let at = INDEX_HEAD;
  for (const from of sortedById(entries)) at += entries.copy(bytes, at, from, from + ENTRY_BYTES);
  return { name: nodeId(bytes), bytes };
};

/**
 * Places of the entries in the order of their ids. Numbers are sorted by the engine without a call an entry: the first
 * four bytes of an id and the row in one number; ids that begin alike are put right afterwards.
 */
const sortedById = (entries: Buffer): Uint32Array => {
  const keys = Float64Array.from(
    { length: entries.length / ENTRY_BYTES },
    (_, row) => entries.readUInt32BE(row * ENTRY_BYTES) * PACK_BLOBS + row,
  ).sort();
  const places = Uint32Array.from(keys, (key) => (key % PACK_BLOBS) * ENTRY_BYTES);
  const isBehind = (a: number, b: number) => entries.compare(entries, b, b + ID_BYTES, a, a + ID_BYTES) > 0;
  for (let end = 1; end < places.length; end++) {
    for (let at = end; at > 0 && isBehind(places[at - 1] ?? 0, places[at] ?? 0); at--) {
      [places[at - 1], places[at]] = [places[at] ?? 0, places[at - 1] ?? 0];
    }
  }
  return places;
};

/** The largest blob: chunks are far smaller, and nodes too. What claims more would only fill the memory. */
const BLOB_MAX = 16 * (1 << 20);

/** Whether these bytes are the whole, undamaged index of the pack of that name. */
export const isIndexOf = (bytes: Buffer, name: string): boolean =>
  bytes.length >= INDEX_HEAD &&
  (bytes.length - INDEX_HEAD) % ENTRY_BYTES === 0 &&
  nodeId(bytes) === name &&
  entriesAreSmall(bytes);

const entriesAreSmall = (bytes: Buffer): boolean => {
  for (let at = INDEX_HEAD + ID_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    if ((bytes.readUInt32LE(at + 4) & REST) > BLOB_MAX || (bytes.readUInt32LE(at + 8) & REST) > BLOB_MAX) return false;
  }
  return true;
};

export const indexSize = (bytes: Buffer): number => (bytes.length - INDEX_HEAD) / ENTRY_BYTES;

/** By bisection: the entries are sorted. */
export const findEntry = (bytes: Buffer, id: Hash): BlobSpan | undefined => {
  const wanted = Buffer.from(id, 'hex');
  let low = 0;
  let high = indexSize(bytes) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const at = INDEX_HEAD + middle * ENTRY_BYTES;
    const order = bytes.compare(wanted, 0, ID_BYTES, at, at + ID_BYTES);
    if (order === 0) return readEntry(bytes, at);
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
};

/** All blobs of an index, by id. */
export const indexEntries = function* (bytes: Buffer): Generator<BlobSpan & { readonly id: Hash }, void> {
  for (let at = INDEX_HEAD; at < bytes.length; at += ENTRY_BYTES) {
    yield { id: readEntryId(bytes, at), ...readEntry(bytes, at) };
  }
};

/** All blobs of an index in the order in which they lie in the pack. */
export const entriesByOffset = function* (bytes: Buffer): Generator<BlobSpan & { readonly id: Hash }, void> {
  for (const key of keysByOffset(bytes)) yield entryOf(bytes, key);
};

/**
 * Those of them that lie at these places.
 * @param offsets rising; one may come several times
 */
export const entriesAt = function* (
  bytes: Buffer,
  offsets: Uint32Array,
): Generator<BlobSpan & { readonly id: Hash }, void> {
  let at = 0;
  for (const key of keysByOffset(bytes)) {
    const offset = Math.floor(key / PACK_BLOBS);
    while ((offsets[at] ?? Infinity) < offset) at += 1;
    if (offsets[at] === offset) yield entryOf(bytes, key);
  }
};

/** Offset and row of each entry in one number, rising. */
const keysByOffset = (bytes: Buffer): Float64Array => {
  const offsetAt = (row: number) => bytes.readUInt32LE(INDEX_HEAD + row * ENTRY_BYTES + ID_BYTES);
  return Float64Array.from({ length: indexSize(bytes) }, (_, row) => offsetAt(row) * PACK_BLOBS + row).sort();
};

const entryOf = (bytes: Buffer, key: number): BlobSpan & { readonly id: Hash } => {
  const at = INDEX_HEAD + (key % PACK_BLOBS) * ENTRY_BYTES;
  return { id: readEntryId(bytes, at), ...readEntry(bytes, at) };
};

/** Bytes that the blobs of an index take up in the pack. */
export const storedBytes = (bytes: Buffer): number => {
  let sum = 0;
  for (let at = INDEX_HEAD; at < bytes.length; at += ENTRY_BYTES) sum += readEntry(bytes, at).stored;
  return sum;
};
