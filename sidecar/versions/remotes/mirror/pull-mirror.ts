import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Hash } from '../../../contract/ids.ts';
import type { Transfer } from '../../../contract/remote.ts';
import { dvcDataUnknown, remoteDamaged, remoteLacksNamed } from '../../../faults.ts';
import type { JobContext } from '../../../pipeline/job.ts';
import type { DataStore } from '../../data-store.ts';
import { cachePath } from '../../dvc/cache.ts';
import { startDvcHash } from '../../dvc/dvc-hash.ts';
import { importVersion } from '../../dvc/import-version.ts';
import { createMd5Set } from '../../dvc/md5-set.ts';
import type { DvcOutput } from '../../dvc/output.ts';
import { readListing } from '../../dvc/read-listing.ts';
import { createBudget, inParallel, type Budget } from '../parallel.ts';
import { countBytes, type Traffic } from '../traffic.ts';
import { PART_BYTES, type Transport } from '../transport.ts';
import { objectKey } from './layout.ts';

export interface MirrorPull {
  readonly transport: Transport;
  readonly store: DataStore;
  /** What a pointer of DVC says. */
  readonly output: DvcOutput;
}

const OBJECTS_AT_ONCE = 64;
const HELD_BYTES = 32 << 20;

/**
 * Brings a version that DVC pushed. Every object is compared with the MD5 that names it, and laid into a folder of its
 * own as DVC's cache has them; when all are there they become a version. What an interrupted pull brought stays.
 * @throws Fault `remote-lacks-version`, `remote-damaged`, other `remote-…`, or the reason of an abort
 */
export const pullMirror = async (order: MirrorPull, context: JobContext): Promise<Transfer & { version: Hash }> => {
  const { store, output } = order;
  const { md5 } = output;
  if (md5 === null) throw dvcDataUnknown(output.path);
  const incoming = join(store.folder, 'incoming', createHash('sha256').update(md5).digest('hex').slice(0, 16));
  const budget = createBudget(HELD_BYTES);
  const brought = { bytes: 0, objects: 0 };
  const traffic = countBytes(output.bytes ?? 0, 'fetched', context);
  const bring = async (oid: string): Promise<void> => {
    const bytes = await bringObject({ ...order, incoming, budget, traffic }, oid);
    brought.bytes += bytes;
    brought.objects += bytes > 0 ? 1 : 0;
  };
  await bring(md5);
  if (output.type === 'folder') await inParallel(oidsOf(incoming, output, md5), OBJECTS_AT_ONCE, bring);
  const version = await importVersion({ output, cache: incoming, store }, context);
  rmSync(incoming, { recursive: true, force: true });
  return { version, versions: 1, ...brought };
};

/** Each object once; equal files of a folder have one. */
const oidsOf = function* (incoming: string, { hash }: DvcOutput, md5: string): Generator<string, void> {
  const seen = createMd5Set();
  for (const entry of readListing(incoming, md5, hash)) if (seen.add(entry.md5)) yield entry.md5;
};

interface Bringing extends MirrorPull {
  readonly incoming: string;
  readonly budget: Budget;
  readonly traffic: Traffic;
}

/** @returns the bytes that came over the wire */
const bringObject = async (order: Bringing, oid: string): Promise<number> => {
  const { transport, output, incoming, budget, traffic } = order;
  const path = cachePath(incoming, oid, output.hash);
  const have = statSync(path, { throwIfNoEntry: false });
  if (have !== undefined) {
    traffic.add(have.size);
    return 0;
  }
  const key = objectKey(oid, output.hash);
  const size = await transport.size(key);
  if (size === null) throw remoteLacksNamed(transport.address, { path: output.path, md5: output.md5 ?? oid }, oid);
  return budget(Math.min(size, PART_BYTES), () => receiveObject(order, { key, oid, path, size }));
};

interface Expected {
  readonly key: string;
  readonly oid: string;
  readonly path: string;
  readonly size: number;
}

/** Gets its name only when its bytes are those that the name says. */
const receiveObject = async (order: Bringing, { key, oid, path, size }: Expected): Promise<number> => {
  const { transport, output, traffic } = order;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = join(dirname(path), `.${randomUUID()}.tmp`);
  const running = startDvcHash(output.hash);
  const file = await open(draft, 'wx', 0o600);
  try {
    for (let at = 0; at < size; at += PART_BYTES) {
      const piece = await transport.read(key, at, Math.min(size, at + PART_BYTES));
      running.update(piece);
      await file.writeFile(piece);
      if (!oid.endsWith('.dir')) traffic.add(piece.length);
    }
    await file.close();
    if (running.digest() !== oid.slice(0, 32))
      throw remoteDamaged(transport.address, key, 'its bytes are not those that its MD5 names');
    renameSync(draft, path);
  } finally {
    await file.close();
    rmSync(draft, { force: true });
  }
  return size;
};
