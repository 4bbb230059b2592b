import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { RemoteVersion } from '../../contract/remote.ts';
import { blobMissing } from '../../faults.ts';
import type { BlobPlace, Blobs } from '../store/blobs.ts';
import { entriesAt, storedBytes, type BlobKind } from '../store/pack-index.ts';
import { createPackReader } from '../store/pack-reader.ts';
import { createPackWriter, type PackWriter } from '../store/pack-writer.ts';
import { newBlobs } from '../tree/new-blobs.ts';
import type { RemotePacks } from './remote-packs.ts';
import type { OutgoingPack } from './send-packs.ts';

export interface PlanOrder {
  readonly blobs: Blobs;
  /** `.trainyard/data` */
  readonly folder: string;
  /** Where packs are made that only the remote needs. */
  readonly outgoing: string;
  /** Those that are to be brought there. */
  readonly versions: readonly RemoteVersion[];
  /** Those that are there, whole, and named by the same list. */
  readonly listed: readonly RemoteVersion[];
  /** What may be relied on. */
  readonly remote: Pick<RemotePacks, 'find'>;
}

export interface PushPlan {
  readonly packs: readonly OutgoingPack[];
  /** Packs there that the versions need beyond those of the versions that they rely on. */
  readonly found: readonly Hash[];
  /** Versions of the list of which parts are needed. */
  readonly relies: readonly Hash[];
}

/** A pack of ours goes as it is when the remote lacks this share of it; of others only what is lacking goes. */
const NEARLY_ALL = 0.9;

/**
 * What must be sent so that the remote has these versions whole. Each is compared with the version that is nearest to
 * it in time and there by then; what both have is not looked at, so that the cost is that of the change.
 * @throws Fault `store-damaged`
 */
export const planPush = (order: PlanOrder): PushPlan => {
  const { folder, outgoing } = order;
  const { lacking, found, relies } = compare(order);
  const ours = join(folder, 'packs');
  const isWhole = (pack: Hash, offsets: Uint32Array) => {
    const index = readIndex(ours, pack);
    let bytes = 0;
    for (const { stored } of entriesAt(index, offsets)) bytes += stored;
    return bytes >= NEARLY_ALL * storedBytes(index);
  };
  const whole = new Set([...lacking].filter(([pack, offsets]) => isWhole(pack, offsets)).map(([pack]) => pack));
  const parts = [...lacking].filter(([pack]) => !whole.has(pack)).sort(([a], [b]) => (a < b ? -1 : 1));
  const packs = [
    ...[...whole].map((name) => ({ name, path: join(ours, name) })),
    ...gather(ours, parts, outgoing).map((name) => ({ name, path: join(outgoing, name) })),
  ].map((pack) => ({ ...pack, bytes: statSync(`${pack.path}.pack`).size }));
  return { packs, found: [...found], relies: [...relies] };
};

/** Blobs by the pack of ours in which they lie, and where, rising: a few bytes each, since there may be millions. */
type Lacking = ReadonlyMap<Hash, Uint32Array>;

interface Compared {
  /** What is not there. */
  readonly lacking: Lacking;
  readonly found: ReadonlySet<Hash>;
  readonly relies: ReadonlySet<Hash>;
}

const compare = ({ blobs, versions, listed, remote }: PlanOrder): Compared => {
  const lacking = new Map<Hash, number[]>();
  const found = new Set<Hash>();
  const relies = new Set<Hash>();
  const need = (id: Hash): void => {
    const there = remote.find(id);
    if (there !== undefined) {
      found.add(there.pack);
      return;
    }
    const { pack, offset } = locate(blobs, id);
    const offsets = lacking.get(pack);
    if (offsets === undefined) lacking.set(pack, [offset]);
    else offsets.push(offset);
  };
  const here = listed.filter(({ hash }) => blobs.has(hash));
  for (const { version, base } of inSteps(versions, here)) {
    if (base !== null && here.includes(base)) relies.add(base.hash);
    for (const { id } of newBlobs(blobs, base?.hash ?? null, version.hash)) need(id);
  }
  const sorted = Array.from(lacking, ([pack, offsets]) => [pack, Uint32Array.from(offsets).sort()] as const);
  return { lacking: new Map(sorted), found, relies };
};

/** @throws Fault `store-damaged` for a blob that is missing here too */
const locate = (blobs: Blobs, id: Hash): BlobPlace => {
  // Another process may have moved it into a new pack.
  if (blobs.locate(id) === undefined) blobs.refresh();
  const place = blobs.locate(id);
  if (place === undefined) throw blobMissing(id, []);
  return place;
};

interface Step {
  readonly version: RemoteVersion;
  /** What it is compared with. */
  readonly base: RemoteVersion | null;
}

/** Oldest first: each may rely on those before it. */
const inSteps = (versions: readonly RemoteVersion[], listed: readonly RemoteVersion[]): Step[] => {
  const there = [...listed];
  return [...versions]
    .sort((a, b) => a.createdAt - b.createdAt)
    .map((version) => {
      const before = there.filter(({ createdAt }) => createdAt <= version.createdAt);
      const nearest = before.length > 0 ? latest(before) : latest(there, -1);
      there.push(version);
      return { version, base: nearest };
    });
};

/** @param sign −1 for the earliest; of two at one time the one that came in last */
const latest = (versions: readonly RemoteVersion[], sign = 1): RemoteVersion | null =>
  versions.reduce<RemoteVersion | null>(
    (best, one) => (best === null || sign * (one.createdAt - best.createdAt) >= 0 ? one : best),
    null,
  );

const readIndex = (folder: string, pack: Hash): Buffer => readFileSync(join(folder, `${pack}.index`));

/** New packs of parts of others, their bytes as they lie; the same blobs give the same packs. @returns their names */
const gather = (
  ours: string,
  parts: readonly (readonly [pack: Hash, offsets: Uint32Array])[],
  outgoing: string,
): readonly Hash[] => {
  if (parts.length === 0) return [];
  mkdirSync(outgoing, { recursive: true, mode: 0o700 });
  const made: Hash[] = [];
  const writerOf = (kind: BlobKind) =>
    createPackWriter({ folder: outgoing, kind, closed: (name) => void made.push(name) });
  const writers: Readonly<Record<BlobKind, PackWriter>> = { chunk: writerOf('chunk'), node: writerOf('node') };
  const reader = createPackReader(ours);
  for (const [pack, offsets] of parts)
    for (const { id, kind, offset, stored, length, compressed } of entriesAt(readIndex(ours, pack), offsets))
      writers[kind].putStored(id, reader.read(pack, offset, stored), length, compressed);
  writers.chunk.close();
  writers.node.close();
  reader.close();
  return made;
};
