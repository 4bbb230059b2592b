import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { Transfer } from '../../contract/remote.ts';
import { remoteDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { Blobs } from '../store/blobs.ts';
import { nodesBelow } from '../tree/nodes-below.ts';
import { treeOf } from '../tree/version.ts';
import { refKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import { openReceiver, wantedBytes } from './receive.ts';
import type { RemotePacks } from './remote-packs.ts';
import { startShares } from './shares.ts';
import { countBytes } from './traffic.ts';
import type { Transport } from './transport.ts';

export interface BringOrder {
  readonly transport: Transport;
  readonly blobs: Blobs;
  /** `.trainyard/data` */
  readonly folder: string;
  /** The data set. */
  readonly path: string;
}

export type Brought = Pick<Transfer, 'bytes' | 'objects'>;

const PACKS_AT_ONCE = 6;

/** Brings the tree of a version. Level by level: what is below a node is known when the node is here. */
export const bringNodes = async (
  order: BringOrder,
  remote: RemotePacks,
  version: Hash,
  context: JobContext,
): Promise<Brought> => {
  const { blobs } = order;
  const brought = { ...(await bringBlobs(order, remote, [version], context)) };
  const tree = treeOf(blobs, version);
  for (let depth = 0, nodes = 1; nodes > 0; depth += 1) {
    nodes = 0;
    const level = function* () {
      for (const id of nodesAt(blobs, tree, depth)) {
        nodes += 1;
        yield id;
      }
    };
    const more = await bringBlobs(order, remote, level(), context);
    if (more.objects > 0) blobs.refresh();
    brought.bytes += more.bytes;
    brought.objects += more.objects;
    context.signal.throwIfAborted();
  }
  return brought;
};

/** The nodes so far below a node. Those between are read again for each level: a level may have a million. */
const nodesAt = function* (blobs: Blobs, id: Hash, depth: number): Generator<Hash, void> {
  if (depth === 0) yield id;
  else for (const below of nodesBelow(id, blobs.get(id))) yield* nodesAt(blobs, below, depth - 1);
};

/** Brings what is not here of these blobs, by packs. */
export const bringBlobs = async (
  { transport, blobs, folder, path }: BringOrder,
  remote: RemotePacks,
  ids: Iterable<Hash>,
  context: JobContext,
): Promise<Brought> => {
  const lacking = startShares(remote);
  for (const id of ids)
    if (!blobs.has(id) && !lacking.add(id))
      throw remoteDamaged(transport.address, refKey(path), `none of the packs that are there has ${id.slice(0, 12)}`);
  const shares = lacking.finish();
  if (shares.length === 0) return { bytes: 0, objects: 0 };
  const bytes = shares.reduce((sum, share) => sum + wantedBytes(share), 0);
  const traffic = countBytes(bytes, 'fetched', context);
  const receiver = openReceiver({ transport, folder: join(folder, 'packs'), received: traffic.add });
  try {
    await inParallel(shares, PACKS_AT_ONCE, receiver.receive);
  } finally {
    // Also what a broken fetch has brought so far stays.
    receiver.close();
  }
  return { bytes, objects: shares.length };
};
