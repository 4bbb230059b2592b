import { pathsMissing } from '../../faults.ts';
import type { Hash } from '../../contract/ids.ts';
import type { DataStore } from '../data-store.ts';
import { readFiles, type FileDifference, type VersionFile } from '../tree/version.ts';
import { differencesOnDisk, differencesToNothing } from './differences.ts';
import type { Disk } from './disk.ts';
import { pathOf, stampOf } from './index-entry.ts';
import type { Amount } from './report.ts';
import { seenOf, type Keep, type PlanDraft, type Seen, type Step } from './restore-plan.ts';

export interface Filling {
  readonly store: DataStore;
  readonly version: Hash;
  /** Files and folders of the data set, to bring only these; null for all of it. */
  readonly paths: readonly string[] | null;
  /** Null when nothing lies there. */
  readonly disk: Disk | null;
  /** What of the files that are replaced or removed is kept. */
  readonly keep: Keep;
}

export interface PlanCounts {
  readonly write: Amount;
  readonly removed: number;
  readonly modes: number;
  /** Files that are replaced or removed and whose bytes are stored nowhere. */
  readonly lost: number;
}

/**
 * Adds a step for every file in which the disk differs from the version.
 * @throws Fault `request-invalid` when the version has nothing at one of the paths
 */
export const fillPlan = (plan: PlanDraft, { store, version, paths, disk, keep }: Filling): PlanCounts => {
  const { blobs } = store;
  if (paths !== null) needPaths(paths, readFiles(blobs, version));
  const counts = { write: { files: 0, bytes: 0 }, removed: 0, modes: 0, lost: 0 };
  const seen = seenOn(disk);
  const differences = disk === null ? differencesToNothing(blobs, version) : differencesOnDisk(blobs, version, disk);
  for (const difference of differences) {
    const { path, from: wanted, to: there } = difference;
    if (paths?.some((chosen) => isBelow(path, chosen)) === false) continue;
    const change = changeOf(difference);
    const goes = there !== null && change !== 'mode';
    const lost = goes && !blobs.has(there.content);
    const step = { path, change, to: wanted, seen: seen(there), keep: goes && (lost || keep === 'all') };
    plan.add(step);
    count(step, lost, counts);
  }
  return counts;
};

const count = (
  { change, to }: Step,
  lost: boolean,
  counts: { write: { files: number; bytes: number }; removed: number; modes: number; lost: number },
): void => {
  if (lost) counts.lost += 1;
  if (change === 'remove') counts.removed += 1;
  if (change === 'mode') counts.modes += 1;
  if (change !== 'write') return;
  counts.write.files += 1;
  counts.write.bytes += to?.size ?? 0;
};

const changeOf = ({ from: wanted, to: there }: FileDifference): Step['change'] => {
  if (wanted === null) return 'remove';
  return wanted.content === there?.content ? 'mode' : 'write';
};

/** How files on disk looked when they were read; asked for in path order. */
const seenOn = (disk: Disk | null): ((there: VersionFile | null) => Seen | null) => {
  const entries = disk?.entries();
  return (there) => {
    if (there === null) return null;
    for (let next = entries?.next(); next?.done === false; next = entries?.next()) {
      if (pathOf(next.value) === there.path) return seenOf(stampOf(next.value));
    }
    return null;
  };
};

const isBelow = (path: string, chosen: string): boolean => path === chosen || path.startsWith(`${chosen}/`);

const needPaths = (paths: readonly string[], files: Iterable<{ readonly path: string }>): void => {
  const missing = new Set(paths);
  for (const { path } of files) {
    for (const chosen of missing) if (isBelow(path, chosen)) missing.delete(chosen);
    if (missing.size === 0) return;
  }
  if (missing.size > 0) throw pathsMissing([...missing]);
};
