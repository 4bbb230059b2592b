import type { Hash } from '../../contract/ids.ts';
import { INDEX_HEAD } from './pack-index.ts';
import { ID_BYTES } from './slot-table.ts';

/**
 * A pack, numbers little-endian:
 *
 * | bytes | what |
 * |---|---|
 * | 8 | magic |
 * | … | the blobs, one after the other |
 * | … | a copy of the index, from which a lost or damaged one can be made anew |
 * | 32 | BLAKE3 of everything before the index |
 * | 4 | length of the index |
 * | 8 | the magic again |
 */
export const PACK_MAGIC = Buffer.from('TYPACK01');
export const PACK_HEAD = PACK_MAGIC.length;
/** Behind the copy of the index. */
export const PACK_TAIL = ID_BYTES + 4 + PACK_MAGIC.length;

/** A pack is closed when it is that large. */
export const PACK_BYTES = 64 * (1 << 20);

/** What stands behind the blobs. @param hash of all that stands before */
export const packFooter = (index: Buffer, hash: Hash): Buffer => {
  const tail = Buffer.alloc(PACK_TAIL);
  tail.write(hash, 'hex');
  tail.writeUInt32LE(index.length, ID_BYTES);
  PACK_MAGIC.copy(tail, ID_BYTES + 4);
  return Buffer.concat([index, tail]);
};

/** @returns null when these last bytes of a file are no end of a pack */
export const readPackTail = (tail: Buffer): { readonly hash: Hash; readonly indexBytes: number } | null => {
  if (tail.length !== PACK_TAIL || !tail.subarray(ID_BYTES + 4).equals(PACK_MAGIC)) return null;
  const indexBytes = tail.readUInt32LE(ID_BYTES);
  return indexBytes < INDEX_HEAD ? null : { hash: tail.toString('hex', 0, ID_BYTES) as Hash, indexBytes };
};

const packName = /^([0-9a-f]{64})\.(pack|index)$/;

/** The pack that a file of the folder belongs to. @returns null for anything else, as a draft */
export const parsePackFile = (file: string): { readonly name: string; readonly part: 'pack' | 'index' } | null => {
  const match = packName.exec(file);
  const name = match?.[1];
  return name === undefined ? null : { name, part: match?.[2] === 'pack' ? 'pack' : 'index' };
};
