import { parentPort } from 'node:worker_threads';
import type { ThreadCall } from '../../../../sidecar/versions/working/thread-messages.ts';

/** A thread that dies behind one order of many, as one that has no memory left does. */
await import('../../../../sidecar/versions/working/data-worker.ts');
parentPort?.on('message', (call: ThreadCall) => {
  if (call !== 'end' && call.id === 5) throw new Error('out of memory, as planted');
});
