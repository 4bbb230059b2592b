import { Blake3Hasher } from '@napi-rs/blake-hash';
import type { Hash } from '../../contract/ids.ts';

/**
 * The key of Xet's chunk hash (xet-core, `merklehash/data_hash.rs`): a chunk of ours has the name that Hugging Face
 * gives it, so that a later push to the Hub finds it there.
 */
const XET_KEY = Buffer.from('6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229', 'hex');

const keyed = Blake3Hasher.newKeyed(XET_KEY);
const plain = new Blake3Hasher();

/** Name of a chunk, of a piece of a file: BLAKE3 under Xet's key. */
export const chunkId = (bytes: Uint8Array): Hash => digest(keyed, bytes);

/** Name of a node, a piece of a tree: plain BLAKE3, so that no file can pass for a node. */
export const nodeId = (bytes: Uint8Array): Hash => digest(plain, bytes);

const digest = (hasher: Blake3Hasher, bytes: Uint8Array): Hash => {
  hasher.reset();
  hasher.update(asBuffer(bytes));
  return hasher.digest() as Hash;
};

/** BLAKE3 of bytes that come one after the other; pieces of a megabyte are hashed ten times faster than of ten kilobytes. */
export const startDigest = (): { readonly update: (bytes: Uint8Array) => void; readonly digest: () => Hash } => {
  const running = new Blake3Hasher();
  return {
    update: (bytes) => void running.update(asBuffer(bytes)),
    digest: () => running.digest() as Hash,
  };
};

/** The native side takes Buffers only; this is a view, not a copy. */
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
