import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dataNotVersionable, restoreRefused } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import { checkOut } from './check-out.ts';
import { isInside, realPath } from './inside.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import type { Objects } from './objects.ts';
import { describeDisk, type DataLocation } from './snapshot.ts';
import { sweepDrafts } from './sweep.ts';

export interface RestoreOrder extends DataLocation {
  readonly manifest: Manifest;
  readonly objects: Objects;
  /** Replace files that are in no version; they are kept below `kept`. */
  readonly force: boolean;
  /** Folder of replaced files, one folder inside it a restore. */
  readonly kept: string;
  /** Folder of files on their way, on the same disk as the data where possible. */
  readonly restoring: string;
}

export interface Restored {
  readonly written: number;
  readonly removed: number;
  /** Folder with the files that were replaced and are in no version. */
  readonly kept: string | null;
}

/**
 * Brings the data on disk to a version: writes what differs, removes what is not in it. All bytes are read and checked
 * before the first file is touched; each file then changes by one rename.
 * @throws Fault `restore-refused` when files would be lost that no version holds, `version-damaged`, `dataset-unreadable`
 */
export const restore = async (order: RestoreOrder, context: JobContext): Promise<Restored> => {
  const plan = await makePlan(order, context);
  const lost = [...plan.replaced, ...plan.removed].filter((file) => !order.objects.has(file.sha256));
  if (lost.length > 0 && !order.force) throw restoreRefused(order.path, lost.length);

  sweepDrafts(order.restoring, Date.now());
  const stage = join(order.restoring, randomUUID());
  try {
    await checkOut({ files: plan.written, folder: stage, objects: order.objects, mode: 0o644 }, context);
    const kept = lost.length === 0 ? null : keep(lost, plan.target, order.kept);
    for (const file of plan.removed) remove(plan.target, file.path);
    for (const file of plan.written) move(join(stage, file.path), insideTarget(plan.target, file.path, order));
    for (const file of plan.modes) chmodSync(plan.target(file.path), modeOf(plan.target(file.path), file));
    return { written: plan.written.length + plan.modes.length, removed: plan.removed.length, kept };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
};

interface Plan {
  /** Where a file of the manifest lies on disk. */
  readonly target: (path: string) => string;
  readonly written: readonly ManifestFile[];
  /** Of the written ones, what lies there now. */
  readonly replaced: readonly ManifestFile[];
  readonly removed: readonly ManifestFile[];
  /** Right bytes, wrong executable bit. */
  readonly modes: readonly ManifestFile[];
}

const makePlan = async (order: RestoreOrder, context: JobContext): Promise<Plan> => {
  const { manifest, root, path } = order;
  const there = realPath(join(root, path));
  const disk: Manifest = there === null ? { type: manifest.type, files: [] } : await describeDisk(order, context);
  if (disk.type !== manifest.type) {
    throw dataNotVersionable(
      path,
      `it is a ${disk.type} on disk and a ${manifest.type} in the version; move it away first`,
    );
  }
  const now = new Map(disk.files.map((file) => [file.path, file]));
  const wanted = new Set(manifest.files.map((file) => file.path));
  const written = manifest.files.filter((file) => now.get(file.path)?.sha256 !== file.sha256);
  const base = there ?? join(root, path);
  return {
    target: (inner) => (manifest.type === 'file' ? base : join(base, inner)),
    written,
    replaced: written.flatMap((file) => now.get(file.path) ?? []),
    removed: disk.files.filter((file) => !wanted.has(file.path)),
    modes: manifest.files.filter((file) => {
      const found = now.get(file.path);
      return found?.sha256 === file.sha256 && found.executable !== file.executable;
    }),
  };
};

const keep = (files: readonly ManifestFile[], target: Plan['target'], kept: string): string => {
  const folder = join(kept, new Date().toISOString().replace(/[:.]/g, '-'));
  for (const file of files) copyInto(target(file.path), join(folder, file.path));
  return folder;
};

const copyInto = (from: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  copyFileSync(from, to);
};

/** Removes a file, and the folders that are empty without it. */
const remove = (target: Plan['target'], path: string): void => {
  unlinkSync(target(path));
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    try {
      rmdirSync(target(folder));
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')) return;
      throw error;
    }
  }
};

/** A folder of the data may have become a link since: nothing is written through it to the outside. */
const insideTarget = (target: Plan['target'], path: string, { root, path: data }: RestoreOrder): string => {
  const file = target(path);
  mkdirSync(dirname(file), { recursive: true });
  if (!isInside(realpathSync(root), realpathSync(dirname(file)))) {
    throw dataNotVersionable(`${data}/${path}`, 'its folder is a link that leads out of the workspace');
  }
  return file;
};

/** A rename; between two disks, a copy beside the target and then a rename. */
const move = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    const draft = join(dirname(to), `.${basename(to)}.${randomUUID()}.tmp`);
    copyFileSync(from, draft);
    renameSync(draft, to);
  }
};

const modeOf = (path: string, { executable }: ManifestFile): number => {
  const { mode } = statSync(path);
  return executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
};
