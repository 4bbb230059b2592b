import { copyBatches } from '../../sidecar/datasets/batches.ts';
import type { TrainingRows } from '../../sidecar/engines/engine.ts';

/**
 * Rows of arrays, for tests of engines.
 * @param inputs one array of numbers a row
 * @param targets class numbers or values
 */
export const rowsInMemory = (inputs: readonly ArrayLike<number>[], targets: readonly number[]): TrainingRows => {
  const read: TrainingRows['read'] = (indices, into, truth) => {
    for (const [at, row] of indices.entries()) {
      const values = inputs[row];
      const target = targets[row];
      if (values === undefined || target === undefined) throw new RangeError(`There is no row ${row}.`);
      into.set(values, at * values.length);
      truth[at] = target;
    }
  };
  return { rows: inputs.length, read, batches: (order) => copyBatches(read, order) };
};
