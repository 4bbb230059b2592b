import { TextDecoder } from 'node:util';
import { dataUnreadable } from '../faults.ts';

/** Bytes as text, piece by piece: UTF-8, or UTF-16 where a byte order mark says so. @throws Fault `dataset-unreadable` */
export const decodePieces = function* (pieces: Iterable<Uint8Array>, shown: string): Generator<string, void> {
  let decoder: TextDecoder | undefined;
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? (decoder?.decode() ?? '') : (decoder?.decode(piece, { stream: true }) ?? '');
    } catch (error) {
      if (error instanceof TypeError) throw dataUnreadable(shown, 'it is not UTF-8 text');
      throw error;
    }
  };
  for (const piece of pieces) {
    decoder ??= new TextDecoder(encodingOf(piece), { fatal: true });
    yield decode(piece);
  }
  yield decode();
};

const encodingOf = ([first, second]: Uint8Array): string => {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
};
