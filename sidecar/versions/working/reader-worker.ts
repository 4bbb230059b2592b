import { parentPort, workerData } from 'node:worker_threads';
import { cancelled, Fault, reportFault } from '../../faults.ts';
import { openReader } from './reader.ts';
import { toBuffer, type ReaderOrder, type ReaderStart, type ReaderWord } from './reader-messages.ts';

/** A thread that reads files of a data set, names their bytes and puts them into packs of its own. */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');

const { stop, ...start } = workerData as ReaderStart;
const stopped = new Int32Array(stop);
const reader = openReader({
  ...start,
  onBytes: (bytes) => {
    if (Atomics.load(stopped, 0) !== 0) throw cancelled();
    port.postMessage({ bytes } satisfies ReaderWord);
  },
});

const work = (order: Exclude<ReaderOrder, { type: 'end' }>): ReaderWord => {
  const { id } = order;
  switch (order.type) {
    case 'read':
      return { id, entries: reader.read(toBuffer(order.entries)) };
    case 'md5':
      return { id, md5: reader.md5(toBuffer(order.entry)) };
    case 'commit':
      reader.commit();
      return { id, done: true };
  }
};

port.on('message', (order: ReaderOrder) => {
  if (order.type === 'end') {
    reader.discard();
    port.close();
    return;
  }
  try {
    port.postMessage(work(order));
  } catch (error) {
    // On a full disk every byte counts.
    reader.discard();
    if (!(error instanceof Fault)) throw error;
    port.postMessage({ id: order.id, fault: reportFault(error) } satisfies ReaderWord);
  }
});
