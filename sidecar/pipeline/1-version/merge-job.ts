import type { MergeChoice } from '../../contract/data-merge.ts';
import type { Hash } from '../../contract/ids.ts';
import type { Conflict } from '../../versions/branches/merge-file.ts';
import { planMerge } from '../../versions/branches/plan-merge.ts';
import { resolveMerge } from '../../versions/branches/resolve-merge.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { readVersion, writeVersion, type VersionHead } from '../../versions/tree/version.ts';
import { mergeRefused } from '../../faults.ts';
import type { Job } from '../job.ts';
import { describeStored, type StoredVersion } from './import-job.ts';

export interface MergeInput {
  /** Of the data set, for a refusal. */
  readonly path: string;
  readonly dataFolder: string;
  readonly base: Hash | null;
  readonly ours: Hash;
  readonly theirs: Hash;
  readonly suffix: string;
  readonly all: MergeChoice | null;
  readonly choices: Readonly<Record<string, MergeChoice>>;
}

export interface MergeOutput {
  /** Null while there are conflicts. */
  readonly merged: StoredVersion | null;
  readonly conflicts: readonly Conflict[];
  readonly conflictCount: number;
}

const MOST_CONFLICTS = 1_000;

/** Merges two versions of a data set in the store; the data on disk is not touched. */
export const mergeJob: Job<MergeInput, MergeOutput> = (input) => {
  const store = openDataStore(input.dataFolder);
  const { base, ours, theirs, suffix, all } = input;
  const types = [ours, theirs, ...(base === null ? [] : [base])].map(
    (version) => readVersion(store.blobs, needVersion(store, version)).type,
  );
  refuseUnlike(types, input);
  const plan = planMerge(store.blobs, { base, ours, theirs });
  const choices = { all, suffix, paths: new Map(Object.entries(input.choices)) };
  const { files, conflicts } = resolveMerge(store.blobs, plan, choices);
  if (conflicts.length > 0) {
    return Promise.resolve({
      merged: null,
      conflicts: conflicts.slice(0, MOST_CONFLICTS),
      conflictCount: conflicts.length,
    });
  }
  const draft = store.blobs.openDraft();
  try {
    const version = writeVersion(draft, readVersion(store.blobs, ours).type, files());
    draft.commit();
    return Promise.resolve({ merged: describeStored(store, version), conflicts: [], conflictCount: 0 });
  } finally {
    draft.discard();
  }
};

/** One file has no second file beside it in its version, and is no folder. */
const refuseUnlike = (types: readonly VersionHead['type'][], { path, all, choices }: MergeInput): void => {
  const [type] = types;
  if (types.some((other) => other !== type))
    throw mergeRefused(path, 'it is a file on one side and a folder on the other');
  if (type === 'file' && [all, ...Object.values(choices)].includes('both'))
    throw mergeRefused(path, 'it is one file, of which only ours or theirs can stay');
};
