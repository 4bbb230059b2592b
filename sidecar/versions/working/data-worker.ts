import { parentPort, workerData } from 'node:worker_threads';
import { cancelled, Fault, reportFault } from '../../faults.ts';
import type { Hand } from './hand.ts';
import { openHand } from './open-hand.ts';
import type { ThreadCall, ThreadStart, ThreadWord } from './thread-messages.ts';

/** A thread that reads files of a data set into packs of its own, or writes files of versions. */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');

const { role, packs, stop } = workerData as ThreadStart;
const stopped = new Int32Array(stop);
const tell = (done: number) => {
  if (Atomics.load(stopped, 0) !== 0) throw cancelled();
  port.postMessage({ done } satisfies ThreadWord);
};

const work = (hand: Hand): void => {
  port.on('message', (call: ThreadCall) => {
    if (call === 'end') {
      hand.discard();
      port.close();
      return;
    }
    const { id, order } = call;
    try {
      port.postMessage({ id, answer: hand.do(order) } satisfies ThreadWord);
    } catch (error) {
      // On a full disk every byte counts.
      hand.discard();
      if (!(error instanceof Fault)) throw error;
      port.postMessage({ id, fault: reportFault(error) } satisfies ThreadWord);
    }
  });
};

void openHand(role, tell, packs).then(work);
