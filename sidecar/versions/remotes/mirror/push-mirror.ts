import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../../contract/ids.ts';
import type { Transfer } from '../../../contract/remote.ts';
import type { JobContext } from '../../../pipeline/job.ts';
import type { DataStore } from '../../data-store.ts';
import { createMd5Set } from '../../dvc/md5-set.ts';
import { dvcObjects, type DvcObject } from '../../dvc/objects.ts';
import { writeWhole } from '../../durable.ts';
import { readVersion } from '../../tree/version.ts';
import { withFile } from '../file-source.ts';
import { inParallel } from '../parallel.ts';
import { countBytes } from '../traffic.ts';
import { PART_BYTES, sourceOf, type Transport } from '../transport.ts';
import { filesFolder, objectKey, oidOf } from './layout.ts';

export interface MirrorOrder {
  readonly transport: Transport;
  readonly store: DataStore;
  readonly versions: readonly Hash[];
}

/** Small objects: what counts is how many requests are on their way. */
const OBJECTS_AT_ONCE = 64;
/** Up to so many objects it is asked for each whether it is there; for more, all that is there is listed. */
const ASK_EACH = 64;

/**
 * Lays versions into a remote as DVC itself does, an object a file, so that `dvc pull` brings them. Files come before
 * the listing that names them: whoever finds a listing takes it that its files are there, and so does this.
 * @throws Fault `remote-…`, `store-damaged`, or the reason of an abort
 */
export const pushMirror = async (order: MirrorOrder, context: JobContext): Promise<Transfer> => {
  const total = { versions: 0, bytes: 0, objects: 0 };
  for (const version of order.versions) {
    const sent = await pushVersion(order, version, context);
    total.versions += sent.objects > 0 ? 1 : 0;
    total.bytes += sent.bytes;
    total.objects += sent.objects;
  }
  return total;
};

const pushVersion = async (
  { transport, store }: MirrorOrder,
  version: Hash,
  context: JobContext,
): Promise<Transfer> => {
  const head = readVersion(store.blobs, version);
  context.progress(null, 'asking what is there');
  const isThere = await lookAhead(transport, head.files);
  const traffic = countBytes(head.bytes, 'pushed', context);
  const sent = { versions: 1, bytes: 0, objects: 0 };
  const put = async (object: DvcObject): Promise<void> => {
    if (!(await isThere(object.oid))) {
      const bytes = await putObject(transport, store, object);
      sent.bytes += bytes;
      sent.objects += 1;
    }
    traffic.add(object.bytes ?? 0);
  };
  await inParallel(filesOf(store, version), OBJECTS_AT_ONCE, put);
  for (const object of dvcObjects(store, version)) if (object.bytes === null) await put(object);
  return sent;
};

const filesOf = function* (store: DataStore, version: Hash): Generator<DvcObject, void> {
  for (const object of dvcObjects(store, version)) {
    if (object.bytes === null) return;
    yield object;
  }
};

/** @returns a question for one object; few are asked for one by one, many are looked up in a list */
const lookAhead = async (transport: Transport, files: number): Promise<(oid: string) => Promise<boolean>> => {
  if (files <= ASK_EACH) return async (oid) => (await transport.size(objectKey(oid, 'md5'))) !== null;
  const there = createMd5Set();
  const listings = new Set<string>();
  for await (const { key } of transport.list(filesFolder)) {
    const oid = oidOf(key);
    if (oid === null) continue;
    if (oid.endsWith('.dir')) listings.add(oid);
    else there.add(oid);
  }
  return (oid) => Promise.resolve(oid.endsWith('.dir') ? listings.has(oid) : there.has(oid));
};

/** @returns the bytes that were sent */
const putObject = async (transport: Transport, store: DataStore, object: DvcObject): Promise<number> => {
  const key = objectKey(object.oid, 'md5');
  if (object.bytes !== null && object.bytes <= PART_BYTES) {
    await transport.put(key, sourceOf(Buffer.concat([...object.pieces()])));
    return object.bytes;
  }
  return putLarge(transport, store, object, key);
};

/** Parts of an upload are read in any order, and again where one got lost: a large object is laid into a file first. */
const putLarge = async (
  transport: Transport,
  { folder }: DataStore,
  object: DvcObject,
  key: string,
): Promise<number> => {
  const outgoing = join(folder, 'outgoing');
  mkdirSync(outgoing, { recursive: true, mode: 0o700 });
  const path = join(outgoing, `.${randomUUID()}.tmp`);
  try {
    const size = writeFile(path, object.pieces());
    await withFile(path, (source) => transport.put(key, source));
    return size;
  } finally {
    rmSync(path, { force: true });
  }
};

const writeFile = (path: string, pieces: Iterable<Buffer>): number => {
  const file = openSync(path, 'wx', 0o600);
  let size = 0;
  try {
    for (const piece of pieces) {
      writeWhole(file, piece);
      size += piece.length;
    }
  } finally {
    closeSync(file);
  }
  return size;
};
