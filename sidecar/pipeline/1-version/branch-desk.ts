import { posix } from 'node:path';
import type { DataBranch, MergeChoice, MergedData, PointerState } from '../../contract/data-merge.ts';
import type { DatasetStatus, DatasetVersion } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import {
  Fault,
  mergeMissing,
  mergeMoved,
  mergeOpen,
  nothingBefore,
  pointerNamesNothing,
  writtenByDvc,
} from '../../faults.ts';
import type { Conflict } from '../../versions/branches/merge-file.ts';
import { mergePointerTexts, type PointerTexts } from '../../versions/branches/merge-pointers.ts';
import type { MergeState, MergeStates } from '../../versions/branches/merge-state.ts';
import type { DataStore } from '../../versions/data-store.ts';
import type { DvcOutput } from '../../versions/dvc/output.ts';
import { pointedData } from '../../versions/dvc/pointed-data.ts';
import { parsePointer, pointerPath, readPointerOf } from '../../versions/dvc/pointer.ts';
import { findTracked, type TrackedData } from '../../versions/dvc/tracked-data.ts';
import { settlePointer } from '../../versions/dvc/write-pointer.ts';
import type { Restored } from '../../versions/working/restore.ts';
import type { Job, JobContext } from '../job.ts';
import { branchesWithData, type BranchDataNeeds } from './branch-data.ts';
import { followPointers } from './follow-pointers.ts';
import type { MergeInput, MergeOutput } from './merge-job.ts';
import { recordVersion, type VersionNeeds } from './stage.ts';

export interface BranchDeskNeeds extends VersionNeeds {
  readonly root: string;
  readonly store: DataStore;
  readonly states: MergeStates;
  readonly merge: Job<MergeInput, MergeOutput>;
  /** The version that a pointer names, from wherever it can be had. */
  readonly adopt: (output: DvcOutput) => Promise<DatasetVersion>;
  /** Brings the data on disk to a version. */
  readonly restore: (request: { dataset: string; version: number; force: boolean }) => Promise<Restored>;
  /** The state of the data on disk against its pointer. */
  readonly status: (path: string) => Promise<DatasetStatus>;
  /** @throws Fault `data-check-failed` for a version that breaks a condition of `data.checks` that blocks */
  readonly refuseBroken: (version: { path: string; hash: Hash; label: string }) => Promise<void>;
  readonly branchTips: BranchDataNeeds['branchTips'];
  readonly commonAncestor: (root: string, revision: string) => Promise<string | null>;
  /** Pointers at a commit. */
  readonly pointersAt: (root: string, revision: string) => Promise<string[]>;
  /** Pointers that differ between two commits. */
  readonly changedPointers: (root: string, from: string, to: string) => Promise<string[]>;
  readonly readFromGit: (root: string, revision: string | null, path: string) => Promise<string | null>;
  readonly context: JobContext;
}

export interface Resolution {
  /** A data set by name or path. */
  readonly data: string;
  readonly all: MergeChoice | null;
  readonly choices: Readonly<Record<string, MergeChoice>>;
  readonly force: boolean;
}

/** Data versions as branches have them. */
export interface BranchDesk {
  /** Other branches that have data, the newest commit first. */
  readonly others: () => Promise<DataBranch[]>;
  /**
   * Merges the data of another branch into ours, data set by data set. Where there are conflicts, nothing on disk is
   * touched until they are resolved.
   * @throws Fault `merge-refused`, `restore-refused`, `version-missing`, `request-invalid`
   */
  readonly merge: (request: { branch: string; all: MergeChoice | null; force: boolean }) => Promise<MergedData[]>;
  /** Merges that wait for their conflicts to be resolved. */
  readonly open: () => Promise<MergedData[]>;
  /** @throws Fault `merge-refused` when nothing waits */
  readonly resolve: (request: Resolution) => Promise<MergedData>;
  readonly abandon: (data: string) => void;
  /**
   * Takes back what a version has changed, and keeps what came after it: the newest version gives the one before.
   * @param version null for the one that the pointer names
   */
  readonly revert: (request: { data: string; version: number | null; force: boolean }) => Promise<MergedData>;
  /** Merges a pointer for Git. @returns its text, with marks of conflict where there are conflicts */
  readonly mergePointers: (
    request: PointerTexts & { readonly pointer: string },
  ) => Promise<{ readonly text: string; readonly conflicts: number }>;
  /** Whether the data on disk is what its pointers name now, as after Git has checked out another commit. */
  readonly follow: (restore: boolean) => Promise<PointerState[]>;
}

export const createBranchDesk = (needs: BranchDeskNeeds): BranchDesk => {
  const { root, states, context, dataFolder, catalog, store } = needs;

  /** `images`, `data/images` and `data/images.dvc` are one data set. */
  const pathOf = (data: string): string => {
    const path = data.replace(/^\.\//, '').replace(/\/+$|\.dvc$/, '');
    const all = catalog.list();
    return (all.find((one) => one.path === path) ?? all.find(({ name }) => name === path))?.path ?? path;
  };

  const run = (state: MergeState, all: MergeChoice | null): Promise<MergeOutput> => {
    const { path, base, ours, theirs, suffix, choices } = state;
    return needs.merge({ dataFolder, path, base, ours, theirs, suffix, all, choices }, context);
  };

  /** Records a merged version, and brings the disk and the pointer to it. */
  const finish = async (state: MergeState, { merged }: MergeOutput, force: boolean): Promise<MergedData> => {
    if (merged === null) throw new Error('a merge with conflicts has no version');
    store.blobs.refresh();
    await needs.refuseBroken({ path: state.path, hash: merged.hash, label: 'merged' });
    const version = await recordVersion({ root, path: state.path, ...merged }, needs);
    const restored = await needs.restore({ dataset: version.name, version: version.version, force });
    if (state.pointer !== null) settlePointer(root, state.path, state.pointer, pointedData(store, version.hash));
    states.remove(state.path);
    const outcome = merged.hash === state.ours ? 'unchanged' : 'merged';
    return { path: state.path, outcome, version, conflicts: [], conflictCount: 0, ...counts(restored) };
  };

  const proceed = async (state: MergeState, all: MergeChoice | null, force: boolean): Promise<MergedData> => {
    const output = await run(state, all);
    if (output.conflictCount === 0) return finish(state, output, force);
    states.save(state);
    return withConflicts(state.path, output);
  };

  const adoptText = async (text: string | null, pointer: string, path: string): Promise<DatasetVersion | null> => {
    const output = text === null ? undefined : parsePointer(text, pointer).outputs.find((one) => one.path === path);
    return output === undefined ? null : needs.adopt(output);
  };

  const mergeOne = async (
    sides: { pointer: string; path: string; branch: string; base: string | null },
    order: Order,
  ) => {
    const { pointer, path, branch, base } = sides;
    if (states.find(path) !== null) throw mergeOpen(path);
    const read = async (revision: string | null) =>
      revision === null ? null : adoptText(await needs.readFromGit(root, revision, pointer), pointer, path);
    const [ours, theirs, start] = [readPointerOf(root, path), await read(branch), await read(base)];
    // Data that one side has given up comes back by a decision, not by a merge.
    if (theirs === null || (ours === null && start !== null)) return untouched(path, 'removed');
    if (ours === null) {
      const restored = await needs.restore({ dataset: theirs.name, version: theirs.version, force: order.force });
      return { ...untouched(path, 'merged'), version: theirs, ...counts(restored) };
    }
    const mine = await needs.adopt(ours);
    if (mine.hash === theirs.hash) return { ...untouched(path, 'unchanged'), version: mine };
    const suffix = branch.replace(/^.*\//, '');
    const versions = { base: start?.hash ?? null, ours: mine.hash, theirs: theirs.hash };
    return proceed({ path, ...versions, suffix, pointer: null, choices: {} }, order.all, order.force);
  };

  /** A pointer with marks of conflict is still in the merge; one that can be read must name our side of it. */
  const refuseMoved = async (state: MergeState): Promise<void> => {
    const now = pointedOutput(root, state.path);
    if (now !== null && (await needs.adopt(now)).hash !== state.ours) throw mergeMoved(state.path);
  };

  return {
    others: () => branchesWithData({ ...needs, list: catalog.list }),
    merge: async ({ branch, all, force }) => {
      const base = await needs.commonAncestor(root, branch);
      const pointers = await (base === null
        ? needs.pointersAt(root, branch)
        : needs.changedPointers(root, base, branch));
      const merged: MergedData[] = [];
      for (const pointer of pointers) {
        merged.push(await mergeOne({ pointer, path: pathOf(pointer), branch, base }, { all, force }));
      }
      return merged;
    },
    open: () => Promise.all(states.list().map(async (state) => withConflicts(state.path, await run(state, null)))),
    resolve: async ({ data, all, choices, force }) => {
      const path = pathOf(data);
      const state = states.find(path);
      if (state === null) throw mergeMissing(path);
      await refuseMoved(state);
      return proceed({ ...state, choices: { ...state.choices, ...choices } }, all, force);
    },
    abandon: (data) => {
      const path = pathOf(data);
      if (states.find(path) === null) throw mergeMissing(path);
      states.remove(path);
    },
    revert: async ({ data, version, force }) => {
      const path = pathOf(data);
      if (states.find(path) !== null) throw mergeOpen(path);
      const output = readPointerOf(root, path);
      if (output === null) throw unnamed(root, path);
      const current = await needs.adopt(output);
      const undone = catalog.find(current.name, version ?? current.version);
      const [before] = catalog.list().filter((one) => one.name === undone.name && one.version < undone.version);
      if (before === undefined) throw nothingBefore(undone.name, undone.version);
      const versions = { base: undone.hash, ours: current.hash, theirs: before.hash };
      return proceed({ path, ...versions, suffix: `v${before.version}`, pointer: null, choices: {} }, null, force);
    },
    mergePointers: async ({ pointer, ...texts }) => {
      const path = pointer.replace(/\.dvc$/, '');
      const [base, ours, theirs] = await Promise.all(
        [texts.base, texts.ours, texts.theirs].map((text) => adoptText(text, pointer, path)),
      );
      if (!ours || !theirs) return mergePointerTexts(texts, path, null);
      const versions = { base: base?.hash ?? null, ours: ours.hash, theirs: theirs.hash };
      const state = { path, ...versions, suffix: 'theirs', pointer: texts.ours, choices: {} };
      const { merged, conflictCount } = await run(state, null);
      if (merged === null) {
        states.save(state);
        return { ...mergePointerTexts(texts, path, null), conflicts: conflictCount };
      }
      store.blobs.refresh();
      await needs.refuseBroken({ path, hash: merged.hash, label: 'merged' });
      await recordVersion({ root, path, ...merged }, needs);
      return mergePointerTexts(texts, path, pointedData(store, merged.hash));
    },
    follow: (restore) => followPointers({ ...needs, list: catalog.list }, restore),
  };
};

interface Order {
  readonly all: MergeChoice | null;
  readonly force: boolean;
}

/** @returns null for a pointer that is not there, or cannot be read */
const pointedOutput = (root: string, path: string): DvcOutput | null => {
  try {
    return readPointerOf(root, path);
  } catch (error) {
    if (error instanceof Fault && error.code === 'pointer-unreadable') return null;
    throw error;
  }
};

/** Why nothing of a data set can be taken back that has no pointer. */
const unnamed = (root: string, path: string): Fault => {
  const tracked = findTracked(root, path);
  if (tracked === null) return pointerNamesNothing(pointerPath(path));
  return writtenByDvc(path, tracked.file, commitTarget(tracked));
};

/** What `dvc commit` is given to write anew what names this data. */
const commitTarget = ({ file, stage }: TrackedData): string => {
  const folder = posix.dirname(file);
  if (stage === null) return file;
  return folder === '.' ? stage : `${folder}/dvc.yaml:${stage}`;
};

const counts = ({ written, removed }: Restored) => ({ written, removed });

const untouched = (path: string, outcome: MergedData['outcome']): MergedData => ({
  path,
  outcome,
  version: null,
  conflicts: [],
  conflictCount: 0,
  written: 0,
  removed: 0,
});

const withConflicts = (path: string, { conflicts, conflictCount }: MergeOutput): MergedData => ({
  ...untouched(path, 'conflicts'),
  conflicts: conflicts.map(describeConflict),
  conflictCount,
});

const describeConflict = ({ path, kind, ours, theirs }: Conflict) => ({
  path,
  kind,
  ours: ours?.size ?? null,
  theirs: theirs?.size ?? null,
});
