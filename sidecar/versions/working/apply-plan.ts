import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { dataNotVersionable, restoreBlocked } from '../../faults.ts';
import { isInside } from '../inside.ts';
import { isAsSeen, type Plan, type Step } from './restore-plan.ts';

export interface Applying extends Plan {
  /** Folder of the workspace. */
  readonly root: string;
  /** Folder with the files that come, under their paths. */
  readonly staged: string;
}

/**
 * Does what a plan says, one rename a file. What was done already, before an interruption, is left alone; what has
 * changed on disk since the plan was made is kept, whatever the plan says.
 * @returns whether anything was kept
 * @throws Fault `restore-refused` where the system does not let a file be replaced; the rest can be done later
 */
export const applyPlan = (plan: Applying): boolean => {
  const target = targetOf(plan);
  const kept = { any: false };
  // Where a folder must make room for a file, it has to be empty first.
  for (const step of plan.steps())
    if (step.change === 'remove') explained(step, plan, () => remove(step, target, kept));
  for (const step of plan.steps()) if (step.change !== 'remove') explained(step, plan, () => bring(step, target, kept));
  return kept.any;
};

/**
 * Where nothing lies yet, the whole folder takes its place by one rename.
 * @returns false when that cannot be: it comes from another disk, or something lies there after all
 */
export const moveWhole = (plan: Pick<Applying, 'root' | 'path' | 'type' | 'staged'>): boolean => {
  const place = preparing(plan)('.');
  try {
    renameSync(plan.staged, place);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && movesNot.has(String(error.code))) return false;
    throw error;
  }
};

const movesNot = new Set(['EXDEV', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR']);

/** Where a file of the data set goes. */
export const locateTarget = ({ root, path, type }: Pick<Applying, 'root' | 'path' | 'type'>, inner: string): string =>
  type === 'file' ? join(root, path) : join(root, path, inner);

interface Target {
  readonly locate: (path: string) => string;
  /** Makes the folder of a file, and refuses one that leads out of the workspace. */
  readonly prepare: (path: string) => string;
  readonly staged: (path: string) => string;
  readonly kept: (path: string) => string;
}

const targetOf = (plan: Applying): Target => ({
  locate: (path) => locateTarget(plan, path),
  prepare: preparing(plan),
  staged: (path) => join(plan.staged, path),
  kept: (path) => join(plan.kept, path),
});

const preparing = (plan: Pick<Applying, 'root' | 'path' | 'type'>): Target['prepare'] => {
  const root = realpathSync(plan.root);
  let prepared = '';
  return (path) => {
    const file = locateTarget(plan, path);
    const folder = dirname(file);
    if (folder === prepared) return file;
    mkdirSync(folder, { recursive: true });
    // A folder of the data may have become a link since: nothing is written through it to the outside.
    if (!isInside(root, realpathSync.native(folder))) {
      throw dataNotVersionable(`${plan.path}/${path}`, 'its folder is a link that leads out of the workspace');
    }
    prepared = folder;
    return file;
  };
};

/** @returns undefined where nothing lies */
export const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A file where the version has a folder.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
};

const remove = (step: Step, target: Target, kept: { any: boolean }): void => {
  const file = target.locate(step.path);
  const now = statOf(file);
  // A folder in its place has come with the version.
  if (now?.isFile() === true) {
    if (step.keep || !isAsSeen(step.seen, now)) keep(step.path, target, kept);
    else unlinkSync(file);
  }
  // An interruption may have come between the file and its folders.
  removeEmptied(step.path, target);
};

/** Folders that are empty without the file. */
const removeEmptied = (path: string, target: Target): void => {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    try {
      rmdirSync(target.locate(folder));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      if (error.code === 'ENOENT') continue;
      if (staysThere.has(String(error.code))) return;
      throw error;
    }
  }
};

/** The folder holds something else, or a file has taken its place. */
const staysThere = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

const bring = (step: Step, target: Target, kept: { any: boolean }): void => {
  const file = target.prepare(step.path);
  const now = statOf(file);
  if (step.change === 'mode') {
    if (now !== undefined && isAsSeen(step.seen, now)) chmodSync(file, modeOf(now, step));
    return;
  }
  const staged = target.staged(step.path);
  if (statOf(staged) === undefined) return;
  if (now?.isFile() === true && (step.keep || !isAsSeen(step.seen, now))) keep(step.path, target, kept);
  move(staged, file);
};

const modeOf = ({ mode }: Stats, { to }: Step): number => {
  const bits = mode & 0o777;
  return to?.executable === true ? bits | ((bits & 0o444) >> 2) : bits & ~0o111;
};

const keep = (path: string, target: Target, kept: { any: boolean }): void => {
  const to = target.kept(path);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  move(target.locate(path), to);
  kept.any = true;
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
    unlinkSync(from);
  }
};

const explained = (step: Step, plan: Applying, act: () => void): void => {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw restoreBlocked(plan.type === 'file' ? plan.path : `${plan.path}/${step.path}`, error);
  }
};
