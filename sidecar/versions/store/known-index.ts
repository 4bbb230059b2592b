import type { Hash } from '../../contract/ids.ts';
import { ENTRY_BYTES, INDEX_HEAD, indexSize } from './pack-index.ts';
import { sameId } from './slot-table.ts';

/** The index of a pack as a table of ids sees it: rows in the order of the index. */
export interface KnownIndex {
  readonly name: Hash;
  readonly rows: number;
  /** Of the id of a row. */
  readonly firstWord: (row: number) => number;
  /** @param id as eight words */
  readonly matches: (row: number, id: Uint32Array) => boolean;
  /** All of it; null when it can be had no longer. */
  readonly bytes: () => Buffer | null;
}

const ENTRY_WORDS = ENTRY_BYTES / 4;
const HEAD_WORDS = INDEX_HEAD / 4;

/** One that is in memory: 44 bytes a row. */
export const wholeIndex = (name: Hash, read: Buffer): KnownIndex => {
  const bytes = aligned(read);
  const words = wordsOf(bytes);
  return {
    name,
    rows: indexSize(bytes),
    firstWord: (row) => words[HEAD_WORDS + row * ENTRY_WORDS] ?? 0,
    matches: (row, id) => sameId(words, HEAD_WORDS + row * ENTRY_WORDS, id),
    bytes: () => bytes,
  };
};

/** Of a million others, one look-up in 10¹³ meets the beginning of another id. */
const BEGINNING_WORDS = 2;

/**
 * One of which only the beginnings of the ids are held, 8 bytes a row, until one of them is met: whoever stores what
 * nobody had before never needs the rest.
 * @param read gives it again; null when it has gone
 */
export const briefIndex = (name: Hash, bytes: Buffer, read: () => Buffer | null): KnownIndex => {
  const beginnings = beginningsOf(bytes);
  let whole: KnownIndex | null = null;
  const need = (): KnownIndex | null => {
    const again = whole === null ? read() : null;
    if (again !== null) whole = wholeIndex(name, again);
    return whole;
  };
  return {
    name,
    rows: indexSize(bytes),
    firstWord: (row) => beginnings[row * BEGINNING_WORDS] ?? 0,
    matches: (row, id) => {
      for (let word = 0; word < BEGINNING_WORDS; word++) {
        if (beginnings[row * BEGINNING_WORDS + word] !== id[word]) return false;
      }
      return need()?.matches(row, id) === true;
    },
    bytes: () => need()?.bytes() ?? null,
  };
};

const beginningsOf = (index: Buffer): Uint32Array => {
  const words = wordsOf(aligned(index));
  const beginnings = new Uint32Array(indexSize(index) * BEGINNING_WORDS);
  for (let at = 0, from = HEAD_WORDS; at < beginnings.length; from += ENTRY_WORDS) {
    for (let word = 0; word < BEGINNING_WORDS; word++) beginnings[at++] = words[from + word] ?? 0;
  }
  return beginnings;
};

const wordsOf = ({ buffer, byteOffset, length }: Buffer): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length / 4);

/** Words begin at a multiple of four. */
const aligned = (bytes: Buffer): Buffer => {
  if (bytes.byteOffset % 4 === 0) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
};
