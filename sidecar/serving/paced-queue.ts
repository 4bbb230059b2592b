/** Work that may wait, done in slices so that the event loop stays free. */
export interface PacedQueue<Item> {
  /** @returns false when the queue is full and the item was left out */
  readonly add: (item: Item, size: number) => boolean;
  /** Does all that waits, now. */
  readonly drain: () => void;
}

/** Longest slice, in milliseconds; requests are answered between two. */
const SLICE_MS = 4;

/**
 * @param limit largest sum of sizes that may wait; one item larger than that is taken when nothing waits
 * @param work does a part of an item and tells whether the item is finished
 */
export const createPacedQueue = <Item>(limit: number, work: (item: Item) => boolean): PacedQueue<Item> => {
  const queue: { readonly item: Item; readonly size: number }[] = [];
  let waiting = 0;
  let scheduled = false;

  const step = (): boolean => {
    const first = queue[0];
    if (first === undefined) return false;
    if (work(first.item)) {
      queue.shift();
      waiting -= first.size;
    }
    return true;
  };
  const slice = (): void => {
    scheduled = false;
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end && step());
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || queue.length === 0) return;
    scheduled = true;
    setImmediate(slice);
  };
  return {
    add: (item, size) => {
      if (waiting > 0 && waiting + size > limit) return false;
      queue.push({ item, size });
      waiting += size;
      schedule();
      return true;
    },
    drain: () => {
      while (step());
    },
  };
};
