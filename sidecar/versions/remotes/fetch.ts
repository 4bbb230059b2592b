import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { RemoteVersion, Transfer } from '../../contract/remote.ts';
import { remoteLacksVersion } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { Blobs } from '../store/blobs.ts';
import { sha256Of } from '../hash.ts';
import { reachableBlobs } from '../tree/version.ts';
import { bringBlobs, bringNodes, type BringOrder } from './bring.ts';
import { readRef } from './ref.ts';
import { openRemotePacks } from './remote-packs.ts';

export interface FetchOrder extends BringOrder {
  /** What is known here of the remote. */
  readonly cache: string;
  /** Null for the newest there. */
  readonly version: Hash | null;
}

export interface Fetched extends Transfer {
  readonly version: Hash;
  /** All that the remote has of this data set. */
  readonly known: readonly RemoteVersion[];
}

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
  const nodes = await bringNodes(order, remote, version.hash, context);
  const chunks = await bringBlobs(order, remote, chunksOf(blobs, version.hash), context);
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

const chunksOf = function* (blobs: Blobs, version: Hash): Generator<Hash, void> {
  for (const { id, kind } of reachableBlobs(blobs, version)) if (kind === 'chunk') yield id;
};
