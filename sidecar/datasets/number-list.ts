/** Numbers that come one by one, held as such: a list of millions takes eight bytes each. */
export interface NumberList {
  readonly push: (value: number) => void;
  /** All of them, not a copy. */
  readonly values: () => Float64Array;
}

export const createNumberList = (): NumberList => {
  let held = new Float64Array(1024);
  let length = 0;
  return {
    push: (value) => {
      if (length === held.length) {
        const larger = new Float64Array(2 * length);
        larger.set(held);
        held = larger;
      }
      held[length] = value;
      length += 1;
    },
    values: () => held.subarray(0, length),
  };
};
