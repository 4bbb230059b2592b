import type { Batches, EpochOrder, RowSource } from '../engines/engine.ts';

/** Row numbers of the batches of an epoch that are wanted, one after the other. @throws RangeError behind the last */
export const walkBatches = ({ order, starts, first }: Omit<EpochOrder, 'epoch' | 'seed'>): (() => Uint32Array) => {
  let batch = first;
  return () => {
    const from = starts[batch];
    if (from === undefined) throw new RangeError(`There is no batch ${batch}, this epoch has ${starts.length}.`);
    batch += 1;
    return order.subarray(from, starts[batch] ?? order.length);
  };
};

/**
 * Batches of rows as they are, copied when they are asked for. Rows in memory need no thread: copying 64 rows of
 * 3 × 32 × 32 takes some 50 µs, waking another thread and copying out of its buffer about as much.
 */
export const copyBatches = (read: RowSource['read'], epoch: EpochOrder): Batches => {
  const following = walkBatches(epoch);
  let waitedMs = 0;
  return {
    next: (inputs, targets) => {
      const rows = following();
      const asked = performance.now();
      read(rows, inputs, targets);
      waitedMs += performance.now() - asked;
    },
    waitedMs: () => waitedMs,
    close: () => undefined,
  };
};
