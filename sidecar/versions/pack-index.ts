import type { Hash } from '../contract/ids.ts';
import { sha256Of } from './hash.ts';

/** Where the bytes of an object lie inside a pack. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/**
 * Sorted table of the objects in one pack: 8 bytes of magic, 48 bytes an object (hash, offset, length; big-endian),
 * and the SHA-256 of all before it.
 */
export interface PackIndex {
  readonly size: number;
  readonly find: (hash: Hash) => Span | undefined;
}

const MAGIC = Buffer.from('TYINDEX1');
const ENTRY = 48;
const CHECK = 32;

export const writePackIndex = (spans: ReadonlyMap<Hash, Span>): Buffer => {
  const body = Buffer.alloc(MAGIC.length + spans.size * ENTRY);
  MAGIC.copy(body);
  let at = MAGIC.length;
  for (const hash of [...spans.keys()].sort()) {
    const span = spans.get(hash);
    if (span === undefined) continue;
    body.write(hash, at, 'hex');
    body.writeBigUInt64BE(BigInt(span.offset), at + 32);
    body.writeBigUInt64BE(BigInt(span.length), at + 40);
    at += ENTRY;
  }
  return Buffer.concat([body, Buffer.from(sha256Of(body), 'hex')]);
};

/** @returns null when the bytes are not a whole index: the pack is then as if it were not there. */
export const readPackIndex = (bytes: Buffer): PackIndex | null => {
  const end = bytes.length - CHECK;
  if (end < MAGIC.length || (end - MAGIC.length) % ENTRY !== 0) return null;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  if (sha256Of(bytes.subarray(0, end)) !== bytes.toString('hex', end)) return null;
  const size = (end - MAGIC.length) / ENTRY;
  return { size, find: (hash) => search(bytes, size, Buffer.from(hash, 'hex')) };
};

const search = (bytes: Buffer, size: number, wanted: Buffer): Span | undefined => {
  let low = 0;
  let high = size - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const at = MAGIC.length + middle * ENTRY;
    const order = bytes.compare(wanted, 0, 32, at, at + 32);
    if (order === 0) {
      return { offset: Number(bytes.readBigUInt64BE(at + 32)), length: Number(bytes.readBigUInt64BE(at + 40)) };
    }
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
};
