import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { RemoteVersion, Transfer } from '../../contract/remote.ts';
import { remoteBusy } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DvcName } from '../dvc/dvc-name.ts';
import type { Blobs } from '../store/blobs.ts';
import { awaitSweep } from './await-sweep.ts';
import { planPush } from './push-plan.ts';
import { addToRef, readRefs, type Ref, type RefAddition } from './ref.ts';
import { listPacks, openRemotePacks, type PacksThere } from './remote-packs.ts';
import { sendPacks } from './send-packs.ts';
import type { Transport } from './transport.ts';

export interface PushOrder {
  readonly transport: Transport;
  readonly blobs: Blobs;
  /** `.trainyard/data` */
  readonly folder: string;
  /** What is known here of the remote. */
  readonly cache: string;
  /** The data set. */
  readonly path: string;
  readonly versions: readonly RemoteVersion[];
  /** What becomes of versions that were forgotten there. */
  readonly forgotten: RefAddition['forgotten'];
  /** What files of DVC may say of a version, beyond what is known of that. */
  readonly dvcNames: (version: Hash, known: readonly DvcName[]) => readonly DvcName[];
}

/** What a push relies on may go while it is under way: it is planned again then. */
const TRIES = 8;

/**
 * Brings versions to a remote: packs, then their indexes, then the list of versions, so that whoever reads at any
 * moment finds all of a version or does not know of it. What an earlier try brought there is not sent again, and what
 * the remote has lost of these versions is sent once more.
 *
 * Collections may be at work there meanwhile (collect-remote.ts has the whole protocol). So the packs that the versions
 * need are looked for once more when the list of versions names them and no collection that might not have seen that
 * is still removing any of them.
 * @throws Fault `remote-…`, `store-damaged`, or the reason of an abort
 */
export const push = async (order: PushOrder, context: JobContext): Promise<Transfer> => {
  const outgoing = join(order.folder, 'outgoing', randomUUID());
  const total = { versions: 0, bytes: 0, objects: 0 };
  try {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const { transfer, isDone } = await attempt(order, outgoing, context);
      total.versions += transfer.versions;
      total.bytes += transfer.bytes;
      total.objects += transfer.objects;
      if (isDone) return total;
      rmSync(outgoing, { recursive: true, force: true });
    }
    throw remoteBusy(order.transport.address, `list of versions of ${order.path}`);
  } finally {
    rmSync(outgoing, { recursive: true, force: true });
  }
};

interface Attempt {
  readonly transfer: Transfer;
  /** False when what was relied on has gone meanwhile. */
  readonly isDone: boolean;
}

const attempt = async (order: PushOrder, outgoing: string, context: JobContext): Promise<Attempt> => {
  const { transport, path, forgotten } = order;
  context.progress(null, `asking what of ${path} is there`);
  const refs = await readRefs(transport);
  const there = await listPacks(transport);
  const ref = refs.find((one) => one.path === path) ?? null;
  const wanted = wantedOf(order, ref);
  const { versions, listed } = meant(wanted, ref, there);
  const dvcNames = namesLacking(order, wanted, ref);
  if (versions.length === 0) {
    // What is there may have been found by another name here since.
    if (Object.keys(dvcNames).length > 0)
      await addToRef(transport, { path, versions, packs: [], relies: [], forgotten, dvcNames });
    return { transfer: { versions: 0, bytes: 0, objects: 0 }, isDone: true };
  }

  const referred = refs.flatMap(({ packs }) => packs).filter((pack) => there.isWhole(pack));
  const remote = await openRemotePacks(transport, join(order.cache, 'all'), referred);
  const plan = planPush({ ...order, versions, listed, outgoing, remote });
  context.signal.throwIfAborted();
  const needed = [...plan.found, ...plan.packs.map(({ name }) => name)];
  const sent = await sendPacks(plan.packs, there, transport, context);
  await awaitSweep(transport, needed, context);
  const { relies } = plan;
  const added = await addToRef(transport, { path, versions, packs: needed, relies, forgotten, dvcNames });
  const transfer = { versions: added?.length ?? 0, ...sent };
  if (added === null) return { transfer, isDone: false };

  await awaitSweep(transport, needed, context);
  const left = await listPacks(transport);
  return { transfer, isDone: needed.every((pack) => left.isWhole(pack)) };
};

/** Versions that are to be there when all is done. */
const wantedOf = ({ versions, forgotten }: PushOrder, ref: Ref | null): readonly RemoteVersion[] =>
  ref === null || forgotten === 'return' ? versions : versions.filter(({ hash }) => !ref.forgotten.includes(hash));

/** What DVC's files say of these versions and the list does not know yet. */
const namesLacking = (
  { dvcNames }: PushOrder,
  wanted: readonly RemoteVersion[],
  ref: Ref | null,
): RefAddition['dvcNames'] => {
  const known = Map.groupBy(Object.entries(ref?.dvcNames ?? {}), ([, hash]) => hash);
  const namesBeyond = (hash: Hash) =>
    dvcNames(
      hash,
      (known.get(hash) ?? []).map(([name]) => name),
    );
  return Object.fromEntries(wanted.flatMap(({ hash }) => namesBeyond(hash).map((name) => [name, hash])));
};

/** What has to be looked at: versions that are not there, and what they may be compared with. */
const meant = (
  wanted: readonly RemoteVersion[],
  ref: Ref | null,
  there: PacksThere,
): { readonly versions: readonly RemoteVersion[]; readonly listed: readonly RemoteVersion[] } => {
  if (ref === null) return { versions: wanted, listed: [] };
  // A list of which packs have gone tells of nothing that it is whole: all of it that is here is looked through.
  if (!ref.packs.every((pack) => there.isWhole(pack))) return { versions: wanted, listed: [] };
  const isListed = new Set(ref.versions.map(({ hash }) => hash));
  return { versions: wanted.filter(({ hash }) => !isListed.has(hash)), listed: ref.versions };
};
