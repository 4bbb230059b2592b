import type { Training } from '../../contract/training.ts';
import { memoryShort } from '../../faults.ts';

export interface BatchSizeNeeds {
  readonly asked: Training['data']['batch_size'];
  /** Rows to train on; a batch is never larger. */
  readonly rows: number;
  /** Estimate of the memory that training with so many rows a batch takes, in bytes. */
  readonly bytesFor: (batch: number) => number;
  /** Bytes that there are for it; undefined where nobody knows, as on a card that does not tell. */
  readonly budget: number | undefined;
  /** What an interrupted training had chosen, so that it goes on with the same. */
  readonly before: number | undefined;
  readonly log: (text: string) => void;
}

const LARGEST = 1_024;
const SMALLEST = 1;
/** Other programs want some of what is free as well. */
const SHARE = 0.8;

/**
 * Rows a batch: what was asked for, if the memory is there, or for `auto` the largest power of two up to 1,024 that
 * fits into four fifths of what is free.
 * @throws Fault `memory-short` where it cannot fit, with the figures and what would
 */
export const chooseBatchSize = (needs: BatchSizeNeeds): number => {
  const { asked, rows, bytesFor, budget, before, log } = needs;
  if (budget === undefined) return before ?? (asked === 'auto' ? powerUpTo(rows, 64) : asked);
  if (asked !== 'auto') {
    const needed = bytesFor(Math.min(asked, rows));
    if (needed > budget) throw memoryShort(asked, { needed, budget }, largestFitting(needs, budget));
    return asked;
  }
  const chosen = before ?? largestFitting(needs, SHARE * budget);
  if (chosen === undefined) throw memoryShort(SMALLEST, { needed: bytesFor(SMALLEST), budget }, undefined);
  log(`batch_size: auto: ${chosen} rows, ${inGigabytes(bytesFor(chosen))} of ${inGigabytes(budget)} GB free`);
  return chosen;
};

const powerUpTo = (rows: number, most: number): number => 2 ** Math.floor(Math.log2(Math.min(rows, most)));

/** Memory grows evenly with the batch, so that two estimates tell where to look; the third one makes sure. */
const largestFitting = ({ rows, bytesFor }: BatchSizeNeeds, budget: number): number | undefined => {
  const most = powerUpTo(Math.max(rows, 2), LARGEST);
  const [low, high] = [bytesFor(2), bytesFor(4)];
  const grown = (batch: number) => low + ((batch - 2) * (high - low)) / 2;
  let batch = most;
  while (batch > SMALLEST && grown(batch) > budget) batch /= 2;
  while (batch >= SMALLEST && bytesFor(batch) > budget) batch /= 2;
  return batch < SMALLEST ? undefined : batch;
};

const inGigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
