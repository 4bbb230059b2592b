import { AsyncLocalStorage } from 'node:async_hooks';
import type { JobContext } from '../pipeline/job.ts';

/** A client that waits: what it hears, and the signal that it has gone. */
export type Call = Pick<JobContext, 'signal' | 'progress'>;

const calls = new AsyncLocalStorage<Call>();
const nobody: Call = { signal: new AbortController().signal, progress: () => undefined };

/** Everything that `work` starts belongs to this call. */
export const duringCall = <Result>(call: Call, work: () => Result): Result => calls.run(call, work);

/**
 * The context of heavy work outside a run: it tells its progress to the client of the call that started it, and ends
 * when that client goes away. Work that no call started cannot be cancelled, and says nothing.
 */
export const callContext = (log: JobContext['log']): JobContext => ({
  get signal() {
    return (calls.getStore() ?? nobody).signal;
  },
  progress: (...said) => (calls.getStore() ?? nobody).progress(...said),
  metrics: () => undefined,
  log,
});
