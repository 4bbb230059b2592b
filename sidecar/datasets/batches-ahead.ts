import { Worker } from 'node:worker_threads';
import type { Batches, EpochOrder } from '../engines/engine.ts';
import {
  AT_WORK,
  FAILED_BYTES,
  FAILED_TEXT,
  REPORT_BYTES,
  type MakerOrder,
  type MakerStart,
} from './batch-messages.ts';
import { createRing, createTurns, openRing, type Ring } from './batch-ring.ts';
import { walkBatches } from './batches.ts';

export interface AheadOrder extends MakerStart {
  /** Path of the makers' program. */
  readonly entry: string;
  /** Threads that make batches. */
  readonly makers: number;
  /** Numbers in a row. */
  readonly rowLength: number;
  /** Numbers in a row's target: 1, or the outputs for distributions. */
  readonly targetLength: number;
}

/** Threads that make batches ahead, for epoch after epoch. */
export interface MakerThreads {
  readonly batches: (epoch: EpochOrder) => Batches;
  readonly close: () => Promise<void>;
}

/** Slots a maker: one that is being filled, and two that wait. */
const SLOTS_A_MAKER = 3;
/** A batch that is not made within this time will not come: its thread is gone. */
const PATIENCE_MS = 120_000;

/**
 * Starts threads that make batches while the engine computes; the engine waits only where the ring is empty. Which
 * thread makes which batch is fixed, and nothing in a batch depends on it.
 */
export const startMakers = ({ entry, makers, rowLength, targetLength, ...start }: AheadOrder): MakerThreads => {
  const workers = Array.from({ length: makers }, () => {
    const worker = new Worker(entry, { workerData: start satisfies MakerStart, execArgv: [] });
    worker.unref();
    return worker;
  });
  let ring: Ring | undefined;
  return {
    batches: (epoch) => {
      ring = ringFor(largestBatch(epoch), { makers, rowLength, targetLength }, ring);
      const report = new SharedArrayBuffer(REPORT_BYTES);
      Atomics.store(new Int32Array(report, 0, 2), AT_WORK, makers);
      for (const [maker, worker] of workers.entries()) {
        worker.postMessage({ epoch, ring, report, maker, makers } satisfies MakerOrder);
      }
      return takeBatches(epoch, { ring, report, rowLength, targetLength });
    },
    close: async () => {
      for (const worker of workers) await worker.terminate();
    },
  };
};

type Sizes = Pick<AheadOrder, 'makers' | 'rowLength' | 'targetLength'>;

/** The memory of the epoch before is used again where it is large enough; its turns begin anew. */
const ringFor = (rows: number, { makers, rowLength, targetLength }: Sizes, before: Ring | undefined): Ring => {
  const size = { slots: makers * SLOTS_A_MAKER, inputs: rows * rowLength, targets: rows * targetLength };
  const isLarge = before !== undefined && before.size.inputs >= size.inputs && before.size.targets >= size.targets;
  return isLarge ? { ...before, turns: createTurns(size.slots) } : createRing(size);
};

const largestBatch = ({ order, starts }: EpochOrder): number =>
  starts.reduce((most, from, batch) => Math.max(most, (starts[batch + 1] ?? order.length) - from), 0);

interface Taking {
  readonly ring: Ring;
  readonly report: SharedArrayBuffer;
  readonly rowLength: number;
  readonly targetLength: number;
}

const takeBatches = (epoch: EpochOrder, { ring, report, rowLength, targetLength }: Taking): Batches => {
  const slots = openRing(ring);
  const following = walkBatches(epoch);
  let number = 0;
  let waitedMs = 0;
  return {
    next: (inputs, targets) => {
      const { length } = following();
      const asked = performance.now();
      const slot = slots.take(number, PATIENCE_MS);
      waitedMs += performance.now() - asked;
      if (slot === null) throw new Error(failureOf(report));
      inputs.set(slot.inputs.subarray(0, length * rowLength));
      targets.set(slot.targets.subarray(0, length * targetLength));
      slot.done();
      number += 1;
    },
    waitedMs: () => waitedMs,
    close: () => {
      slots.stop();
      awaitMakers(report);
    },
  };
};

const failureOf = (report: SharedArrayBuffer): string => {
  const bytes = Atomics.load(new Int32Array(report, 0, 2), FAILED_BYTES);
  if (bytes === 0) return `No batch was made within ${PATIENCE_MS / 1000} s; the thread that makes them is gone.`;
  return `A batch could not be made: ${Buffer.from(new Uint8Array(report, FAILED_TEXT, bytes)).toString()}`;
};

/** Until all have left the ring, which the next epoch uses again; a maker looks every tenth of a second at least. */
const awaitMakers = (report: SharedArrayBuffer): void => {
  const words = new Int32Array(report, 0, 2);
  for (let left = Atomics.load(words, AT_WORK); left > 0; left = Atomics.load(words, AT_WORK)) {
    if (Atomics.wait(words, AT_WORK, left, PATIENCE_MS) === 'timed-out') throw new Error(failureOf(report));
  }
};
