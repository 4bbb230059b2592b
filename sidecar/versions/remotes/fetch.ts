import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { RemoteVersion, Transfer } from '../../contract/remote.ts';
import { remoteDamaged, remoteLacksVersion } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { Blobs } from '../store/blobs.ts';
import { sha256Of } from '../hash.ts';
import { createIdSet } from '../store/id-set.ts';
import { nodesBelow } from '../tree/nodes-below.ts';
import { reachableBlobs, treeOf } from '../tree/version.ts';
import { refKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import { openReceiver } from './receive.ts';
import { readRef } from './ref.ts';
import { openRemotePacks, type RemotePacks } from './remote-packs.ts';
import { countBytes } from './traffic.ts';
import type { Transport } from './transport.ts';

export interface FetchOrder {
  readonly transport: Transport;
  readonly blobs: Blobs;
  /** `.trainyard/data` */
  readonly folder: string;
  /** What is known here of the remote. */
  readonly cache: string;
  /** The data set. */
  readonly path: string;
  /** Null for the newest there. */
  readonly version: Hash | null;
}

export interface Fetched extends Transfer {
  readonly version: Hash;
  /** All that the remote has of this data set. */
  readonly known: readonly RemoteVersion[];
}

const PACKS_AT_ONCE = 6;

/**
 * Brings the bytes of a version here, those that are not here yet. Each is checked before it is kept; what an
 * interrupted fetch has brought stays, and is not brought again.
 * @throws Fault `remote-lacks-version`, other `remote-…`, or the reason of an abort
 */
export const fetchVersion = async (order: FetchOrder, context: JobContext): Promise<Fetched> => {
  const { transport, blobs, path } = order;
  context.progress(null, `asking for the versions of ${path}`);
  const ref = await readRef(transport, path);
  const known = ref?.versions ?? [];
  const version = order.version === null ? known.at(-1) : known.find(({ hash }) => hash === order.version);
  if (ref === null || version === undefined) {
    const names = known.map(({ hash }) => hash.slice(0, 12));
    throw remoteLacksVersion(transport.address, path, order.version?.slice(0, 12) ?? 'any', names);
  }
  // What is here already is relied on: a collection that takes it meanwhile is undone when the draft is committed.
  const draft = blobs.openDraft();
  const isNew = !blobs.has(version.hash);
  const remote = await openRemotePacks(transport, join(order.cache, sha256Of(path).slice(0, 16)), ref.packs);
  const nodes = await fetchNodes(order, remote, version.hash, context);
  const chunks = await fetchChunks(order, remote, version.hash, context);
  draft.name(version.hash);
  draft.commit();
  return {
    version: version.hash,
    known,
    versions: isNew ? 1 : 0,
    bytes: nodes.bytes + chunks.bytes,
    objects: nodes.objects + chunks.objects,
  };
};

type Brought = Pick<Transfer, 'bytes' | 'objects'>;

/** Level by level: what is below a node is known when the node is here. */
const fetchNodes = async (
  order: FetchOrder,
  remote: RemotePacks,
  version: Hash,
  context: JobContext,
): Promise<Brought> => {
  const { blobs } = order;
  let brought = await bring(order, remote, [version], context);
  for (let level = [treeOf(blobs, version)]; level.length > 0;) {
    const more = await bring(order, remote, level, context);
    brought = { bytes: brought.bytes + more.bytes, objects: brought.objects + more.objects };
    level = level.flatMap((id) => nodesBelow(id, blobs.get(id)));
    context.signal.throwIfAborted();
  }
  return brought;
};

const fetchChunks = (order: FetchOrder, remote: RemotePacks, version: Hash, context: JobContext): Promise<Brought> =>
  bring(order, remote, chunksOf(order.blobs, version), context);

const chunksOf = function* (blobs: Blobs, version: Hash): Generator<Hash, void> {
  for (const { id, kind } of reachableBlobs(blobs, version)) if (kind === 'chunk') yield id;
};

/** Brings what is not here of these blobs, by packs. */
const bring = async (
  { transport, blobs, folder, path }: FetchOrder,
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
      throw remoteDamaged(transport.address, refKey(path), `none of its packs has ${id.slice(0, 12)}`);
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
