import { createHash } from 'node:crypto';
import type { DvcHash } from './output.ts';

/** As DVC reads files: its hash of text depends on where a piece ends. */
export const DVC_PIECE_BYTES = 1 << 20;

export interface RunningDvcHash {
  readonly update: (piece: Uint8Array) => void;
  readonly digest: () => string;
}

/**
 * DVC's names of bytes. Pieces must be those of DVC, of one size but for the last: in its second version it judged each
 * by its first 512 bytes, and took a piece of text with `\n` for every `\r\n` that lies within it.
 * Source: dvc-data `hashfile/hash.py` and `istextfile.py`.
 */
export const startDvcHash = (hash: DvcHash): RunningDvcHash => {
  const md5 = createHash('md5');
  return {
    update: (piece) => md5.update(hash === 'md5-dos2unix' && isText(piece) ? unixLines(piece) : piece),
    digest: () => md5.digest('hex'),
  };
};

const JUDGED_BYTES = 512;
const MOST_FOREIGN = 0.3;

const isText = (piece: Uint8Array): boolean => {
  const head = piece.subarray(0, JUDGED_BYTES);
  if (head.includes(0)) return false;
  const foreign = head.filter((byte) => !((byte >= 32 && byte < 127) || [8, 9, 10, 12, 13].includes(byte)));
  return foreign.length / Math.max(1, head.length) <= MOST_FOREIGN;
};

const unixLines = (piece: Uint8Array): Uint8Array => piece.filter((byte, at) => !(byte === 13 && piece[at + 1] === 10));
