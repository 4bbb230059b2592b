import { parentPort } from 'node:worker_threads';
import type { LookOrder, LookWord } from './look-messages.ts';
import { lookAt } from './picture-looks.ts';

/** A thread that decodes pictures and tells what they look like. */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');

port.on('message', ({ id, pictures }: LookOrder) => {
  port.postMessage({ id, looks: pictures.map(lookAt) } satisfies LookWord);
});
