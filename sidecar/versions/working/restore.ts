import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { dataNotVersionable, restoreRefused } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import { realPath } from '../inside.ts';
import { readFiles, readVersion, type VersionFile } from '../tree/version.ts';
import { applyPlan, moveWhole, type Applying } from './apply-plan.ts';
import { checkOut, type CheckOut } from './check-out.ts';
import { indexPath } from './data-location.ts';
import { readDisk, type Disk, type DiskOrder } from './disk.ts';
import { fillPlan } from './fill-plan.ts';
import { splitEntries } from './index-entry.ts';
import { trustAll } from './look-part.ts';
import { recoverRestores, STAGED, type RestorePlace } from './recover.ts';
import { draftPlan, keepJournal, keptFolder, readPlan, type Keep, type PlanDraft } from './restore-plan.ts';
import { settleRestored } from './settle-restored.ts';
import { draftStatIndex } from './stat-index.ts';

export interface RestoreOrder extends Omit<DiskOrder, 'store' | 'stored' | 'trust'>, RestorePlace {
  readonly store: DataStore;
  readonly version: Hash;
  /** Files and folders of the data set, to bring only these; null for all of it. */
  readonly paths: readonly string[] | null;
  /** Replace files that are in no version; they are kept below `kept`. */
  readonly force: boolean;
  /** What of it is kept: files that no version holds, or all that is replaced and removed, so that it can be undone. */
  readonly keep: Keep;
  /** Folder of replaced files, one folder inside it a restore. */
  readonly kept: string;
}

export interface Restored {
  readonly written: number;
  readonly removed: number;
  /** Folder with the files that were replaced and kept. */
  readonly kept: string | null;
}

/**
 * Brings the data on disk to a version: writes what differs, removes what is not in it, touches nothing else. All bytes
 * are read and checked before the first file is touched; each file then changes by one rename. Interrupted before, it
 * has done nothing; interrupted later, `recoverRestores` goes on.
 * @throws Fault `restore-refused` when files would be lost that no version holds, `version-damaged`, `dataset-unreadable`
 */
export const restore = async (order: RestoreOrder, context: JobContext): Promise<Restored> => {
  recoverRestores(order, context.log);
  const { type } = readVersion(order.store.blobs, order.version);
  const disk = await readExisting(order, context);
  const folder = join(order.restoring, randomUUID());
  try {
    refuseOtherType(disk, type, order);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return await restoreThrough(folder, { ...order, disk, type }, context);
  } catch (error) {
    // What has begun to change files goes on at the next chance.
    if (readPlan(folder) === null) rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await disk?.close();
  }
};

/** Permission bits before the umask, as Git gives them. */
const MODE = 0o666;

interface Restoring extends RestoreOrder {
  readonly type: 'file' | 'folder';
  /** Null when nothing lies there. */
  readonly disk: Disk | null;
}

/** @param folder of this restore alone; it is gone when the restore is done */
const restoreThrough = async (folder: string, order: Restoring, context: JobContext): Promise<Restored> => {
  const staged = join(folder, STAGED);
  const isWhole = order.disk === null && order.type === 'folder' && order.paths === null;
  const restored = isWhole ? await bringWhole(staged, order, context) : null;
  const done = restored ?? (await bringByPlan(folder, { ...order, staged, isStaged: isWhole }, context));
  rmSync(folder, { recursive: true, force: true });
  return done;
};

/**
 * Where nothing lies, the folder takes its place by one rename, and needs no plan. What is known of its files is from
 * before that: nobody else has seen them.
 * @returns null when it cannot; then all files are staged
 */
const bringWhole = async (staged: string, order: Restoring, context: JobContext): Promise<Restored | null> => {
  const { store, version } = order;
  const total = readVersion(store.blobs, version);
  const index = draftStatIndex(order.indexes);
  mkdirSync(staged);
  try {
    const onWritten = (entries: Buffer) => {
      for (const entry of splitEntries(entries)) index.append(entry);
    };
    await stage({ files: readFiles(store.blobs, version), total, folder: staged, onWritten }, order, context);
    const lookedAtMs = index.nowMs();
    if (!moveWhole({ ...order, staged })) return null;
    index.publish(indexPath(order), { lookedAtMs, version });
    return { written: total.files, removed: 0, kept: null };
  } finally {
    index.discard();
  }
};

interface Planned extends Restoring {
  readonly staged: string;
  /** Whether all files are there already. */
  readonly isStaged: boolean;
}

const bringByPlan = async (folder: string, order: Planned, context: JobContext): Promise<Restored> => {
  const { root, path, type, version, staged } = order;
  const kept = keptFolder(order.kept);
  const plan = draftPlan(folder, { path, type, version, kept });
  try {
    const counts = fillPlan(plan, order);
    if (counts.lost > 0 && !order.force) throw restoreRefused(path, counts.lost);
    if (!order.isStaged)
      await stage({ files: filesToWrite(plan), total: counts.write, folder: staged }, order, context);
    const anyKept = applyDurably(plan, { root, path, type, version, kept, staged, steps: plan.steps });
    settleRestored(plan, order);
    if (anyKept && order.keep === 'all') keepJournal(folder, kept);
    return {
      written: counts.write.files + counts.modes,
      removed: counts.removed,
      kept: anyKept ? kept : null,
    };
  } finally {
    plan.close();
  }
};

type Staging = Pick<CheckOut, 'files' | 'total' | 'folder' | 'onWritten'>;

const stage = (staging: Staging, { store, threadProgram }: Restoring, context: JobContext): Promise<void> =>
  checkOut({ ...staging, store, mode: MODE, threadProgram }, context);

const applyDurably = (plan: PlanDraft, applying: Applying): boolean => {
  plan.commit();
  return applyPlan(applying);
};

const filesToWrite = function* (plan: PlanDraft): Generator<VersionFile, void> {
  for (const { change, to } of plan.steps()) if (change === 'write' && to !== null) yield to;
};

const readExisting = (order: RestoreOrder, context: JobContext): Promise<Disk | null> =>
  realPath(join(order.root, order.path)) === null
    ? Promise.resolve(null)
    : readDisk({ ...order, store: null, stored: order.store.blobs, trust: trustAll }, context);

const refuseOtherType = (disk: Disk | null, type: 'file' | 'folder', { path }: RestoreOrder): void => {
  const found = disk?.walk.data.type ?? type;
  if (found === type) return;
  throw dataNotVersionable(path, `it is a ${found} on disk and a ${type} in the version; move it away first`);
};
