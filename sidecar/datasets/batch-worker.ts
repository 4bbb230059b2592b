import { parentPort, workerData } from 'node:worker_threads';
import { createBatchMaker, type MakeBatch } from './augment/make-batch.ts';
import { planAugment } from './augment/plan.ts';
import { AT_WORK, FAILED_BYTES, FAILED_TEXT, type MakerOrder, type MakerStart } from './batch-messages.ts';
import { openRing } from './batch-ring.ts';
import { walkBatches } from './batches.ts';
import { openFeatures } from './feature-store.ts';

/**
 * A thread that makes batches while the engine computes: it reads rows, changes them at random, and leaves them in the
 * ring. It sleeps where the ring is full.
 */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');

const open = ({ featuresFolder, hash, rows, augment, outputs }: MakerStart): MakeBatch => {
  const opened = openFeatures(featuresFolder, hash, rows === null ? { memoryBytes: 0 } : { rows });
  const { read } = opened.source('train');
  return createBatchMaker({ read, inputShape: opened.features.inputShape, outputs, plan: planAugment(augment) });
};

const work = (make: MakeBatch, { epoch, ring, maker, makers }: MakerOrder): void => {
  const slots = openRing(ring);
  const following = walkBatches(epoch);
  const wanted = epoch.starts.length - epoch.first;
  for (let number = 0; number < wanted; number++) {
    const rows = following();
    if (number % makers !== maker) continue;
    const slot = slots.fill(number);
    if (slot === null) return;
    make({ rows, batch: epoch.first + number, epoch: epoch.epoch, seed: epoch.seed }, slot.inputs, slot.targets);
    slot.done();
  }
};

/** The engine's thread sleeps while it waits, and hears no message: what failed goes through shared memory. */
const tell = (report: SharedArrayBuffer, error: unknown): void => {
  const text = Buffer.from(error instanceof Error ? error.message : String(error));
  const room = new Uint8Array(report, FAILED_TEXT);
  const fits = text.subarray(0, room.length);
  room.set(fits);
  Atomics.store(new Int32Array(report, 0, 2), FAILED_BYTES, Math.max(1, fits.length));
};

const make = open(workerData as MakerStart);
port.on('message', (order: MakerOrder) => {
  const words = new Int32Array(order.report, 0, 2);
  try {
    work(make, order);
  } catch (error) {
    tell(order.report, error);
    openRing(order.ring).stop();
  }
  Atomics.sub(words, AT_WORK, 1);
  Atomics.notify(words, AT_WORK);
});
