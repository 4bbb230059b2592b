import type { Hash } from '../../contract/ids.ts';
import { createIdKey } from '../../versions/store/id-set.ts';
import { createSlotTable, ID_WORDS, sameId } from '../../versions/store/slot-table.ts';

/** Contents by numbers from 0, in the order in which they came, so that what is known of them can lie in typed arrays. */
export interface ContentNumbers {
  /** The number of a content, a new one when it had none. */
  readonly of: (content: Hash) => number;
  /** @returns −1 for one that has none */
  readonly find: (content: Hash) => number;
  /** @returns the same for a content as eight words */
  readonly findWords: (words: Uint32Array) => number;
  /** Its eight words, valid until the next content comes. */
  readonly words: (number: number) => Uint32Array;
  readonly count: () => number;
}

/** About 44 bytes a content, where a `Map` of texts takes 150. */
export const createContentNumbers = (): ContentNumbers => {
  const key = createIdKey();
  let all = new Uint32Array(256 * ID_WORDS);
  let count = 0;
  const table = createSlotTable({
    firstWord: (row) => all[row * ID_WORDS] ?? 0,
    matches: (row, wanted) => sameId(all, row * ID_WORDS, wanted),
  });
  return {
    of: (content) => {
      const wanted = key.of(content);
      const known = table.find(wanted);
      if (known !== -1) return known;
      all = roomFor(all, (count + 1) * ID_WORDS);
      all.set(wanted, count * ID_WORDS);
      table.add(count);
      count += 1;
      return count - 1;
    },
    find: (content) => table.find(key.of(content)),
    findWords: table.find,
    words: (number) => all.subarray(number * ID_WORDS, (number + 1) * ID_WORDS),
    count: () => count,
  };
};

type Growing =
  Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>;

/** The same numbers with room for so many, and for half as many more where it had to grow; new ones are 0. */
export const roomFor = <Numbers extends Growing>(numbers: Numbers, length: number): Numbers => {
  if (length <= numbers.length) return numbers;
  const more = new (numbers.constructor as new (length: number) => Numbers)(Math.ceil(length * 1.5));
  more.set(numbers as never);
  return more;
};
