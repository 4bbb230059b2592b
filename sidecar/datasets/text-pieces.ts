import { TextDecoder } from 'node:util';
import { dataUnreadable } from '../faults.ts';

/** Bytes as text, piece by piece: UTF-8, or UTF-16 where a byte order mark says so. @throws Fault `dataset-unreadable` */
export const decodePieces = (pieces: Iterable<Uint8Array>, shown: string): Generator<string, void> =>
  decodeBy((first) => new TextDecoder(encodingOf(first), { fatal: true }), pieces, shown);

/** Bytes from the middle of a UTF-8 text, where no byte order mark is expected. @throws Fault `dataset-unreadable` */
export const decodeMiddle = (pieces: Iterable<Uint8Array>, shown: string): Generator<string, void> =>
  decodeBy(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }), pieces, shown);

const decodeBy = function* (
  decoderFor: (first: Uint8Array) => TextDecoder,
  pieces: Iterable<Uint8Array>,
  shown: string,
): Generator<string, void> {
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
    decoder ??= decoderFor(piece);
    yield decode(piece);
  }
  yield decode();
};

/** What the beginning of a text says of its encoding. */
export const encodingOf = ([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' => {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
};
