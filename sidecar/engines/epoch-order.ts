import { createRandom, deriveSeed } from '../graph/random.ts';

/** Keeps the order of rows apart from what else the seed decides. */
const orderStream = 0x0b5e;

/** Row numbers in the order of an epoch, which follows from seed and epoch alone. Fisher and Yates' shuffle. */
export const shuffledRows = (rows: number, seed: number, epoch: number): Uint32Array => {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const { below } = createRandom(deriveSeed(seed, orderStream, epoch));
  for (let last = rows - 1; last > 0; last -= 1) {
    const chosen = below(last + 1);
    const value = order[last] ?? 0;
    order[last] = order[chosen] ?? 0;
    order[chosen] = value;
  }
  return order;
};

/**
 * First rows of the batches of an epoch. Rows that are left over make a smaller last batch; a single one joins the
 * batch before it, since nothing can be normalised by a batch of one.
 */
export const batchStarts = (rows: number, batchSize: number): readonly number[] => {
  const lonely = batchSize > 1 && rows > batchSize && rows % batchSize === 1;
  const batches = Math.ceil(rows / batchSize) - Number(lonely);
  return Array.from({ length: batches }, (_, index) => index * batchSize);
};
