import { randomUUID } from 'node:crypto';
import type { Hash } from '../../contract/ids.ts';
import type { RemoteCollection } from '../../contract/remote.ts';
import { remoteReadOnly } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { homeFolder, indexKey, packKey } from './layout.ts';
import { filesFolder } from './mirror/layout.ts';
import { neededParts, type NeededOrder } from './needed-parts.ts';
import { readRefs, tightenRef, type Ref } from './ref.ts';
import { wantedBytes, type PackShare } from './receive.ts';
import { listPacks, type PacksThere } from './remote-packs.ts';
import { isSparse, rewritePacks } from './rewrite-packs.ts';
import { inMegabytes } from './traffic.ts';
import type { Transport } from './transport.ts';
import { changeUnneeded, isBeingSwept, readUnneeded, SWEEP_MS, type UnneededPack } from './unneeded.ts';

export interface RemoteCollectOrder extends NeededOrder {
  /** What nothing has needed for so long is removed, in milliseconds. */
  readonly graceMs: number;
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A removal of so many packs is two requests to a bucket, and takes seconds. */
const PACKS_A_SWEEP = 500;
/** Nobody writes one object for that long. */
const LEFTOVER_MS = 24 * 3_600_000;

/**
 * Removes packs that no list of versions needs. Others push meanwhile; nobody holds a lock, and whoever dies in the
 * middle leaves nothing that another cannot go on with.
 *
 * A collection:
 * 1. Lists from which versions were forgotten keep only the packs that the others need (on the condition that the list
 *    is still the one that was looked through). Of packs of which little is needed and that no other list names, that
 *    goes into new packs first, just as a push brings them: the list names both, and the old ones no more only when
 *    the new ones are known to be safe.
 * 2. Packs that no list names are noted in `unneeded.json` with the time. Those that were noted a grace ago are due;
 *    until then a push finds in them what an earlier one brought and could not finish.
 * 3. It announces in `unneeded.json` which of these it removes: **C**. Then it reads all lists again: **R**. What is
 *    named now is spared; of the others the index is removed and then the pack. Then the announcement is taken back.
 *
 * A push that needs packs which were there when it began:
 * 1. brings what is lacking, and names all packs that it needs in its list, on the condition that the versions with
 *    which it compared are still listed: **N**.
 * 2. Then it waits until none of these packs is announced for removal: **W**. Then it looks whether all of them are
 *    there: **L**. If not, it begins anew, and brings what is gone.
 *
 * Nothing is lost: if N comes before R, the collection sees the name and spares the pack. If N comes after R, it comes
 * after C, so that W sees the announcement, or its end; when W is over the removal is too, L sees what is gone, and a
 * collection that begins after that sees the name.
 *
 * A collection that died between announcing and taking back makes a push wait in vain, and fail with words. The
 * announcement is void after `SWEEP_MS`; a collection that is alive stops removing after a quarter of that. This is the
 * only place where clocks matter, apart from the grace, which saves traffic and is not needed for safety.
 *
 * What broken uploads have left is removed a day after it was begun.
 * @throws Fault `remote-…`, or the reason of an abort; what was removed by then was needed by none
 */
export const collectRemote = async (order: RemoteCollectOrder, context: JobContext): Promise<RemoteCollection> => {
  const { transport, dryRun, clock, graceMs } = order;
  if (!transport.canList) throw remoteReadOnly(transport.address);
  const now = clock();
  context.progress(null, `asking what is needed in ${transport.address}`);
  const refs = await readRefs(transport);
  const there = await listPacks(transport);
  const { named, rewritten } = await lookThrough(order, refs, there, context);
  const unnamed = there.names().filter((pack) => !named.has(pack));
  const note = (before: readonly UnneededPack[]) => noted(before, unnamed, now);
  const unneeded = dryRun ? note(await readUnneeded(transport)) : await changeUnneeded(transport, note);

  const isDue = (pack: UnneededPack) => pack.since <= now - graceMs && !isBeingSwept(pack, now);
  const due = unneeded.filter(isDue).map(({ name }) => name);
  const removed = dryRun ? due : await sweep(order, due, there, context);
  const leftovers = await endLeftovers(order, now - Math.max(graceMs, LEFTOVER_MS));
  const count = (packs: readonly Hash[]) => ({ packs: packs.length, bytes: bytesOf(packs, there) });
  const gone = new Set(removed);
  const waiting = unneeded.filter((pack) => !gone.has(pack.name) && !isBeingSwept(pack, now));
  const since = Math.min(...waiting.map((pack) => pack.since));
  return {
    dryRun,
    versions: refs.reduce((sum, ref) => sum + ref.versions.length, 0),
    needed: count(there.names().filter((pack) => named.has(pack))),
    waiting: count(unnamed.filter((pack) => !gone.has(pack))),
    noted: count(waiting.filter((pack) => pack.since === now).map(({ name }) => name)),
    nextAt: waiting.length === 0 ? null : since + graceMs,
    rewritten,
    removed: count(removed),
    leftovers,
  };
};

const bytesOf = (packs: readonly Hash[], there: PacksThere): number =>
  packs.reduce((sum, pack) => sum + (there.bytesOf(pack) ?? 0), 0);

interface Looked {
  /** Packs that the listed versions need. */
  readonly named: ReadonlySet<Hash>;
  /** Packs of which little was needed, and the bytes that were moved out of them. */
  readonly rewritten: RemoteCollection['rewritten'];
}

const lookThrough = async (
  order: RemoteCollectOrder,
  refs: readonly Ref[],
  there: PacksThere,
  context: JobContext,
): Promise<Looked> => {
  const named = new Set<Hash>();
  const rewritten = { packs: 0, bytes: 0 };
  for (const ref of refs) {
    const needed = ref.loose ? await neededParts(order, ref, ref.packs.filter(there.isWhole), context) : [];
    const elsewhere = new Set(refs.flatMap((one) => (one === ref ? [] : one.packs)));
    const sparse = needed.filter((share) => isSparse(share) && !elsewhere.has(share.pack));
    const stay = ref.loose ? needed.filter((share) => !sparse.includes(share)).map(({ pack }) => pack) : ref.packs;
    if (ref.loose && !order.dryRun) await tighten(order, { ref, sparse, stay }, context);
    for (const pack of stay) named.add(pack);
    rewritten.packs += sparse.length;
    rewritten.bytes += sparse.reduce((sum, share) => sum + wantedBytes(share), 0);
  }
  return { named, rewritten };
};

interface LookedThrough {
  readonly ref: Ref;
  /** What is needed of packs that shall go. */
  readonly sparse: readonly PackShare[];
  readonly stay: readonly Hash[];
}

/** Leaves of the packs of a list those that its versions need, when what is needed of the others is in new ones. */
const tighten = async (
  { transport, folder }: RemoteCollectOrder,
  { ref, sparse, stay }: LookedThrough,
  context: JobContext,
): Promise<void> => {
  const order = { transport, folder, path: ref.path, shares: sparse };
  const made = sparse.length === 0 ? [] : await rewritePacks(order, context);
  await tightenRef(transport, ref, new Set([...stay, ...made.map(({ name }) => name)]));
};

/** Those that nothing names, each with the time when that was seen first; what others are removing is left to them. */
const noted = (before: readonly UnneededPack[], unnamed: readonly Hash[], now: number): UnneededPack[] => {
  const swept = before.filter((pack) => isBeingSwept(pack, now));
  const elsewhere = new Set(swept.map(({ name }) => name));
  const known = new Map(before.map((pack) => [pack.name, pack]));
  const ours = unnamed
    .filter((name) => !elsewhere.has(name))
    .map((name) => known.get(name) ?? { name, since: now, sweep: null });
  return [...swept, ...ours].sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** @returns what was removed */
const sweep = async (
  { transport, clock }: RemoteCollectOrder,
  due: readonly Hash[],
  there: PacksThere,
  { signal, progress }: JobContext,
): Promise<Hash[]> => {
  const removed: Hash[] = [];
  const total = inMegabytes(bytesOf(due, there));
  const tell = (done: number) => {
    const [packs, bytes] = [`${removed.length} of ${due.length}`, inMegabytes(bytesOf(removed, there))];
    progress(Math.min(1, done / due.length), `${packs} packs removed, ${bytes} of ${total} MB`);
  };
  for (let at = 0; at < due.length; at += PACKS_A_SWEEP) {
    signal.throwIfAborted();
    tell(at);
    removed.push(...(await sweepSome(transport, new Set(due.slice(at, at + PACKS_A_SWEEP)), clock)));
    tell(at + PACKS_A_SWEEP);
  }
  return removed;
};

const sweepSome = async (
  transport: Transport,
  packs: ReadonlySet<Hash>,
  clock: () => number,
): Promise<readonly Hash[]> => {
  const own = { by: randomUUID(), at: clock() };
  const announced = await changeUnneeded(transport, (there) =>
    there.map((pack) => (packs.has(pack.name) && !isBeingSwept(pack, own.at) ? { ...pack, sweep: own } : pack)),
  );
  const named = new Set((await readRefs(transport)).flatMap((ref) => ref.packs));
  const unnamed = announced.filter(({ name, sweep: by }) => by?.by === own.by && !named.has(name));
  const gone = unnamed.map(({ name }) => name);
  for (const keyOf of [indexKey, packKey]) {
    // This machine may have slept meanwhile: others count the announcement as void after some time.
    if (clock() - own.at > SWEEP_MS / 4) return [];
    await transport.remove(gone.map(keyOf));
  }
  await changeUnneeded(transport, (there) => there.filter(({ sweep: by }) => by?.by !== own.by));
  return gone;
};

/** @returns how many uploads and drafts there were */
const endLeftovers = async ({ transport, dryRun }: RemoteCollectOrder, until: number): Promise<number> => {
  let ended = 0;
  for (const folder of [homeFolder, filesFolder])
    for await (const leftover of transport.leftovers(folder)) {
      if (leftover.at >= until) continue;
      if (!dryRun) await leftover.remove();
      ended += 1;
    }
  return ended;
};
