/** Open addressing over rows that lie elsewhere: four bytes a slot, at most half of them taken, no object a row. */
export interface SlotTable {
  /** @returns the row with this key, or −1 */
  readonly find: (key: Uint32Array) => number;
  /** A key may be in several rows; one of them is found. */
  readonly add: (row: number) => void;
  /** Makes room for so many rows at once. */
  readonly reserve: (rows: number) => void;
  readonly clear: () => void;
  /** Moves the slots to memory that others may read from now on. */
  readonly share: () => SharedSlots;
}

/** Slots that many threads read. Whoever adds a row to them does so in a copy of its own. */
export interface SharedSlots {
  readonly slots: SharedArrayBuffer;
  readonly taken: number;
}

/** How the table sees the rows: ids of 32 bytes as eight words. Ids are hashes, so their first word is hash enough. */
export interface Rows {
  readonly firstWord: (row: number) => number;
  readonly matches: (row: number, key: Uint32Array) => boolean;
}

const SMALLEST = 1024;

/** @param shared slots of a table with the same rows */
export const createSlotTable = ({ firstWord, matches }: Rows, shared: SharedSlots | null = null): SlotTable => {
  // A slot holds the row's number plus one; zero is free.
  let slots = shared === null ? new Uint32Array(SMALLEST) : new Uint32Array(shared.slots);
  let taken = shared?.taken ?? 0;

  const place = (row: number) => {
    const mask = slots.length - 1;
    let at = firstWord(row) & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = row + 1;
  };
  const grow = (length: number) => {
    const before = slots;
    slots = new Uint32Array(length);
    for (const slot of before) if (slot !== 0) place(slot - 1);
  };
  return {
    find: (key) => {
      const mask = slots.length - 1;
      for (let at = (key[0] ?? 0) & mask; ; at = (at + 1) & mask) {
        const slot = slots[at] ?? 0;
        if (slot === 0) return -1;
        if (matches(slot - 1, key)) return slot - 1;
      }
    },
    add: (row) => {
      taken += 1;
      if (taken * 2 > slots.length) grow(slots.length * 2);
      else if (slots.buffer instanceof SharedArrayBuffer) slots = new Uint32Array(slots);
      place(row);
    },
    reserve: (rows) => {
      let length = slots.length;
      while (rows * 2 > length) length *= 2;
      if (length > slots.length) grow(length);
    },
    clear: () => {
      slots = new Uint32Array(SMALLEST);
      taken = 0;
    },
    share: () => {
      const memory = new SharedArrayBuffer(slots.byteLength);
      const copy = new Uint32Array(memory);
      copy.set(slots);
      slots = copy;
      return { slots: memory, taken };
    },
  };
};

/** Words of an id. */
export const ID_WORDS = 8;
/** Bytes of an id. */
export const ID_BYTES = 32;

/** Whether `words` has the id `key` at `from`. */
export const sameId = (words: Uint32Array, from: number, key: Uint32Array): boolean => {
  for (let at = 0; at < ID_WORDS; at++) if (words[from + at] !== key[at]) return false;
  return true;
};
