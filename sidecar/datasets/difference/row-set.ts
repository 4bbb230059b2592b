/** A set of row numbers, one bit each: 100 million rows take 12.5 MB. */
export interface RowSet {
  readonly add: (row: number) => void;
  readonly has: (row: number) => boolean;
  readonly delete: (row: number) => void;
  readonly size: () => number;
  /** Its rows in ascending order. */
  readonly rows: () => Generator<number, void>;
}

export const createRowSet = (): RowSet => {
  let bits = new Uint8Array(1024);
  let size = 0;
  const has = (row: number): boolean => ((bits[row >>> 3] ?? 0) & (1 << (row & 7))) !== 0;
  return {
    has,
    size: () => size,
    add: (row) => {
      if (has(row)) return;
      if (row >>> 3 >= bits.length) {
        const larger = new Uint8Array(2 * ((row >>> 3) + 1));
        larger.set(bits);
        bits = larger;
      }
      bits[row >>> 3] = (bits[row >>> 3] ?? 0) | (1 << (row & 7));
      size += 1;
    },
    delete: (row) => {
      if (!has(row)) return;
      bits[row >>> 3] = (bits[row >>> 3] ?? 0) & ~(1 << (row & 7));
      size -= 1;
    },
    rows: function* () {
      for (let at = 0; at < bits.length; at++) {
        for (let bit = 0, byte = bits[at] ?? 0; byte !== 0; bit++, byte >>>= 1) if (byte & 1) yield at * 8 + bit;
      }
    },
  };
};
