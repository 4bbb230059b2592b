import { setTimeout as sleep } from 'node:timers/promises';
import type { Hash } from '../../contract/ids.ts';
import { remoteSweeping } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { Transport } from './transport.ts';
import { isBeingSwept, readUnneeded, SWEEP_MS } from './unneeded.ts';

/** A collection removes a few hundred packs at a time, which takes seconds. */
const PATIENCE_MS = 120_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Waits until no collection is removing any of these packs.
 * @throws Fault `remote-refused` when one does not come to an end
 */
export const awaitSweep = async (
  transport: Transport,
  packs: readonly Hash[],
  { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
): Promise<void> => {
  const wanted = new Set(packs);
  const until = performance.now() + PATIENCE_MS;
  for (let tried = 0; ; tried += 1) {
    const swept = (await readUnneeded(transport)).filter((pack) => wanted.has(pack.name));
    if (!swept.some((pack) => isBeingSwept(pack, Date.now()))) return;
    if (performance.now() > until) throw remoteSweeping(transport.address, SWEEP_MS / 60_000);
    progress(null, 'waiting for a collection that removes packs there');
    await sleep(Math.min(LONGEST_PAUSE_MS, 10 * 2 ** tried), undefined, { signal });
  }
};
