import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { RemoteVersion, Transfer } from '../../contract/remote.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { Blobs } from '../store/blobs.ts';
import { createIdSet, type IdSet } from '../store/id-set.ts';
import type { BlobKind } from '../store/pack-index.ts';
import { createPackReader } from '../store/pack-reader.ts';
import { createPackWriter, type PackWriter } from '../store/pack-writer.ts';
import { reachableBlobs } from '../tree/version.ts';
import { indexKey, packKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import { addToRef, readRefs } from './ref.ts';
import { entriesOf, openRemotePacks, type RemotePacks } from './remote-packs.ts';
import { countBytes } from './traffic.ts';
import { sourceOf, type Source, type Transport } from './transport.ts';

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
}

/** A pack of ours goes as it is when the remote lacks this share of it; of others only what is lacking goes. */
const NEARLY_ALL = 0.9;
const PACKS_AT_ONCE = 4;
const INDEXES_AT_ONCE = 16;

/**
 * Brings versions to a remote: packs, then their indexes, then the list of versions, so that whoever reads at any
 * moment finds all of a version or does not know of it. What an earlier try brought there is not sent again.
 * @throws Fault `remote-…`, `store-damaged`, or the reason of an abort
 */
export const push = async (order: PushOrder, context: JobContext): Promise<Transfer> => {
  const { transport, folder, path, versions } = order;
  context.progress(null, `asking what of ${path} is there`);
  const referred = (await readRefs(transport)).flatMap(({ packs }) => packs);
  const remote = await openRemotePacks(transport, join(order.cache, 'all'), referred);
  const outgoing = join(folder, 'outgoing', randomUUID());
  try {
    const plan = planPush(order, remote, outgoing, context);
    const { bytes, found } = await send(plan.packs, transport, context);
    const added = await addToRef(transport, { path, versions, packs: plan.needed });
    // What lay there before it was referred to may have been collected meanwhile; from now on it cannot be.
    const lost = await lostOf(found, transport);
    const again = await send(lost, transport, context);
    return {
      versions: added.length,
      bytes: bytes + again.bytes,
      objects: plan.packs.length - found.length + lost.length,
    };
  } finally {
    rmSync(outgoing, { recursive: true, force: true });
  }
};

const lostOf = async (packs: readonly OutgoingPack[], transport: Transport): Promise<OutgoingPack[]> => {
  const lost: OutgoingPack[] = [];
  for (const pack of packs) if ((await transport.size(packKey(pack.name))) !== pack.bytes) lost.push(pack);
  return lost;
};

interface OutgoingPack {
  readonly name: Hash;
  /** Path without its ending. */
  readonly path: string;
  readonly bytes: number;
}

interface PushPlan {
  readonly packs: readonly OutgoingPack[];
  /** All packs that the versions need, those that are there already among them. */
  readonly needed: readonly Hash[];
}

const planPush = (
  { blobs, folder, versions }: PushOrder,
  remote: RemotePacks,
  outgoing: string,
  { signal }: JobContext,
): PushPlan => {
  const seen = createIdSet();
  const missing = createIdSet();
  const needed = new Set<Hash>();
  /** Bytes that are lacking there, by pack of ours. */
  const lacking = new Map<Hash, number>();
  for (const { hash } of versions)
    for (const { id } of reachableBlobs(blobs, hash)) {
      if (!seen.add(id)) continue;
      const there = remote.find(id);
      if (there !== undefined) {
        needed.add(there.pack);
        continue;
      }
      // A blob that is missing here too is named by the reading of it.
      const place = blobs.locate(id) ?? blobs.get(id);
      if (Buffer.isBuffer(place)) continue;
      missing.add(id);
      lacking.set(place.pack, (lacking.get(place.pack) ?? 0) + place.stored);
    }
  signal.throwIfAborted();
  const ours = join(folder, 'packs');
  const isWhole = (pack: Hash, bytes: number) => bytes >= NEARLY_ALL * storedBytes(ours, pack);
  const whole = [...lacking].filter(([pack, bytes]) => isWhole(pack, bytes)).map(([pack]) => pack);
  const others = [...lacking.keys()].filter((pack) => !whole.includes(pack));
  const made = gather({ ours, packs: others, missing, blobs, outgoing });
  const packs = [
    ...whole.map((name) => ({ name, path: join(ours, name) })),
    ...made.map((name) => ({ name, path: join(outgoing, name) })),
  ].map((pack) => ({ ...pack, bytes: statSync(`${pack.path}.pack`).size }));
  return { packs, needed: [...needed, ...packs.map(({ name }) => name)] };
};

const storedBytes = (folder: string, pack: Hash): number =>
  entriesOf(readFileSync(join(folder, `${pack}.index`))).reduce((sum, { stored }) => sum + stored, 0);

interface Gathering {
  readonly ours: string;
  readonly packs: readonly Hash[];
  readonly missing: IdSet;
  readonly blobs: Pick<Blobs, 'locate'>;
  readonly outgoing: string;
}

/** New packs of what is lacking of others, its bytes as they lie; the same blobs give the same packs. */
const gather = ({ ours, packs, missing, blobs, outgoing }: Gathering): readonly Hash[] => {
  if (packs.length === 0) return [];
  mkdirSync(outgoing, { recursive: true, mode: 0o700 });
  const made: Hash[] = [];
  const writerOf = (kind: BlobKind) =>
    createPackWriter({ folder: outgoing, kind, closed: (name) => void made.push(name) });
  const writers: Readonly<Record<BlobKind, PackWriter>> = { chunk: writerOf('chunk'), node: writerOf('node') };
  const reader = createPackReader(ours);
  for (const pack of [...packs].sort())
    for (const { id, kind, offset, stored, length, compressed } of entriesOf(
      readFileSync(join(ours, `${pack}.index`)),
    )) {
      // The same blob may lie in two packs.
      if (!missing.has(id) || blobs.locate(id)?.pack !== pack) continue;
      writers[kind].putStored(id, reader.read(pack, offset, stored), length, compressed);
    }
  writers.chunk.close();
  writers.node.close();
  reader.close();
  return made;
};

/** @returns how many bytes went over the wire, and the packs that were there already */
const send = async (
  packs: readonly OutgoingPack[],
  transport: Transport,
  context: JobContext,
): Promise<{ readonly bytes: number; readonly found: readonly OutgoingPack[] }> => {
  const total = packs.reduce((sum, { bytes }) => sum + bytes, 0);
  const traffic = countBytes(total, 'pushed', context);
  const found: OutgoingPack[] = [];
  let sent = 0;
  await inParallel(packs, PACKS_AT_ONCE, async (pack) => {
    const { name, path, bytes } = pack;
    // An earlier try may have brought it there and not come to the list of versions.
    if ((await transport.size(packKey(name))) === bytes) {
      found.push(pack);
      traffic.add(bytes);
      return;
    }
    const file = await open(`${path}.pack`, 'r');
    try {
      await transport.put(packKey(name), fileSource(file, bytes), traffic.add);
      sent += bytes;
    } finally {
      await file.close();
    }
  });
  await inParallel(packs, INDEXES_AT_ONCE, async ({ name, path }) => {
    const index = readFileSync(`${path}.index`);
    await transport.put(indexKey(name), sourceOf(index));
    sent += index.length;
  });
  return { bytes: sent, found };
};

const fileSource = (file: Awaited<ReturnType<typeof open>>, size: number): Source => ({
  size,
  read: async (start, end) => {
    const bytes = Buffer.allocUnsafe(end - start);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  },
});
