import { parentPort } from 'node:worker_threads';
import type { ThreadWord } from '../../../../sidecar/versions/working/thread-messages.ts';

/** A thread that dies behind its first answer, as one that has no memory left does. */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');
const post = port.postMessage.bind(port);
port.postMessage = (word: ThreadWord) => {
  post(word);
  if ('answer' in word) throw new Error('out of memory, as planted');
};
await import('../../../../sidecar/versions/working/data-worker.ts');
