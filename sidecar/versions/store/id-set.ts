import type { Hash } from '../../contract/ids.ts';
import { createSlotTable, ID_BYTES, ID_WORDS, sameId } from './slot-table.ts';

/** A set of blob ids: about 44 bytes an id, so that millions of them fit where a `Set` of strings would not. */
export interface IdSet {
  readonly has: (id: Hash) => boolean;
  /** @returns whether it was new */
  readonly add: (id: Hash) => boolean;
  readonly clear: () => void;
}

export const createIdSet = (): IdSet => {
  const key = createIdKey();
  let words = new Uint32Array(256 * ID_WORDS);
  let size = 0;
  const table = createSlotTable({
    firstWord: (row) => words[row * ID_WORDS] ?? 0,
    matches: (row, wanted) => sameId(words, row * ID_WORDS, wanted),
  });
  return {
    has: (id) => table.find(key.of(id)) !== -1,
    add: (id) => {
      const wanted = key.of(id);
      if (table.find(wanted) !== -1) return false;
      if ((size + 1) * ID_WORDS > words.length) words = doubled(words);
      words.set(wanted, size * ID_WORDS);
      table.add(size);
      size += 1;
      return true;
    },
    clear: () => {
      words = new Uint32Array(256 * ID_WORDS);
      size = 0;
      table.clear();
    },
  };
};

/** Turns ids into words for a look-up, into one and the same memory each time. */
export const createIdKey = () => {
  const bytes = Buffer.alloc(ID_BYTES);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, ID_WORDS);
  return {
    of: (id: Hash): Uint32Array => {
      bytes.write(id, 'hex');
      return words;
    },
  };
};

const doubled = (words: Uint32Array): Uint32Array<ArrayBuffer> => {
  const more = new Uint32Array(words.length * 2);
  more.set(words);
  return more;
};
