import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { remoteDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { sha256Of } from '../hash.ts';
import type { Blobs } from '../store/blobs.ts';
import { newBlobs } from '../tree/new-blobs.ts';
import { bringNodes } from './bring.ts';
import { refKey } from './layout.ts';
import type { PackShare } from './receive.ts';
import type { Ref } from './ref.ts';
import { openRemotePacks } from './remote-packs.ts';
import { startShares } from './shares.ts';
import type { Transport } from './transport.ts';

export interface NeededOrder {
  readonly transport: Transport;
  readonly blobs: Blobs;
  /** `.trainyard/data` */
  readonly folder: string;
  /** What is known here of the remote. */
  readonly cache: string;
}

/**
 * What the versions of a list need of which packs. Of versions that are not here their trees are brought; no contents
 * are.
 * @param packs of the list, as far as they are there
 * @throws Fault `remote-damaged` when a part of one is in none of the packs: what is needed is then not known for sure
 */
export const neededParts = async (
  order: NeededOrder,
  { path, versions }: Ref,
  packs: readonly Hash[],
  context: JobContext,
): Promise<readonly PackShare[]> => {
  const { transport, blobs } = order;
  const remote = await openRemotePacks(transport, join(order.cache, sha256Of(path).slice(0, 16)), packs);
  const shares = startShares(remote);
  let before: Hash | null = null;
  for (const { hash } of versions) {
    await bringNodes({ ...order, path }, remote, hash, context);
    for (const { id } of newBlobs(blobs, before, hash))
      if (!shares.add(id))
        throw remoteDamaged(
          transport.address,
          refKey(path),
          `version ${hash.slice(0, 12)} needs ${id.slice(0, 12)}, which is in none of the packs that are there`,
        );
    before = hash;
    context.signal.throwIfAborted();
  }
  return shares.finish();
};
