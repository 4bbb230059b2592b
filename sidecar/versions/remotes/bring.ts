import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { Transfer } from '../../contract/remote.ts';
import { remoteDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { Blobs } from '../store/blobs.ts';
import { createIdSet } from '../store/id-set.ts';
import { nodesBelow } from '../tree/nodes-below.ts';
import { treeOf } from '../tree/version.ts';
import { refKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import { openReceiver } from './receive.ts';
import type { RemotePacks } from './remote-packs.ts';
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
  let brought = await bringBlobs(order, remote, [version], context);
  for (let level = [treeOf(blobs, version)]; level.length > 0;) {
    const more = await bringBlobs(order, remote, level, context);
    brought = { bytes: brought.bytes + more.bytes, objects: brought.objects + more.objects };
    level = level.flatMap((id) => nodesBelow(id, blobs.get(id)));
    context.signal.throwIfAborted();
  }
  return brought;
};

/** Brings what is not here of these blobs, by packs. */
export const bringBlobs = async (
  { transport, blobs, folder, path }: BringOrder,
  remote: RemotePacks,
  ids: Iterable<Hash>,
  context: JobContext,
): Promise<Brought> => {
  const wanted = createIdSet();
  const byPack = new Map<Hash, number>();
  for (const id of ids) {
    if (blobs.has(id) || !wanted.add(id)) continue;
    const place = remote.find(id);
    if (place === undefined)
      throw remoteDamaged(transport.address, refKey(path), `none of the packs that are there has ${id.slice(0, 12)}`);
    byPack.set(place.pack, (byPack.get(place.pack) ?? 0) + place.stored);
  }
  if (byPack.size === 0) return { bytes: 0, objects: 0 };
  const bytes = Array.from(byPack.values()).reduce((sum, more) => sum + more, 0);
  const traffic = countBytes(bytes, 'fetched', context);
  const isWanted = (pack: Hash, id: Hash) => wanted.has(id) && remote.find(id)?.pack === pack;
  const receiver = openReceiver({ transport, folder: join(folder, 'packs'), received: traffic.add });
  try {
    await inParallel(byPack.keys(), PACKS_AT_ONCE, (pack) =>
      receiver.receive({
        pack,
        index: remote.index(pack),
        isWanted: (id) => isWanted(pack, id),
      }),
    );
  } finally {
    // Also what a broken fetch has brought so far stays.
    receiver.close();
    blobs.refresh();
  }
  return { bytes, objects: byPack.size };
};
