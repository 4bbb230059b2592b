import { INDEX_HEAD } from './pack-index.ts';

/**
 * A pack: 8 bytes of magic, the blobs one after the other, then a copy of the index, its length in 4 bytes
 * (little-endian) and the magic again. From that footer a lost or damaged index can be made anew.
 */
export const PACK_MAGIC = Buffer.from('TYPACK01');
export const PACK_HEAD = PACK_MAGIC.length;
/** Behind the copy of the index. */
export const PACK_TAIL = 4 + PACK_MAGIC.length;

/** A pack is closed when it is that large. */
export const PACK_BYTES = 64 * (1 << 20);

/** What stands behind the blobs. */
export const packFooter = (index: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  return Buffer.concat([index, length, PACK_MAGIC]);
};

/** Length of the copy of the index. @returns null when these last bytes of a file are no end of a pack */
export const readPackTail = (tail: Buffer): number | null => {
  if (tail.length !== PACK_TAIL || !tail.subarray(4).equals(PACK_MAGIC)) return null;
  const length = tail.readUInt32LE(0);
  return length < INDEX_HEAD ? null : length;
};

const packName = /^([0-9a-f]{64})\.(pack|index)$/;

/** The pack that a file of the folder belongs to. @returns null for anything else, as a draft */
export const parsePackFile = (file: string): { readonly name: string; readonly part: 'pack' | 'index' } | null => {
  const match = packName.exec(file);
  const name = match?.[1];
  return name === undefined ? null : { name, part: match?.[2] === 'pack' ? 'pack' : 'index' };
};
