import { parentPort } from 'node:worker_threads';
import type { InferenceOrder } from '../../../sidecar/serving/inference-messages.ts';

/** The real inference thread, but a row that begins with −666 kills it: a stand-in for a crash of the runtime. */
parentPort?.on('message', (order: InferenceOrder) => {
  if (order.type === 'run' && order.input[0] === -666) process.exit(3);
});
await import('../../../sidecar/serving/inference-worker.ts');
