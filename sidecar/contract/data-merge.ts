import { z } from 'zod';
import { DatasetVersion } from './dataset.ts';
import { FaultReport } from './fault.ts';
import { Instant } from './ids.ts';

/** Data of which a file of DVC in the workspace names a version: a `.dvc` file, or `dvc.lock`. */
export const TrackedData = z.object({
  path: z.string().describe('Where the data lies, relative to the workspace.'),
  file: z.string().describe('The file that names it.'),
  kind: z.enum(['data', 'import', 'stage']).describe('By `dvc add`, `dvc import`, or a stage of `dvc.yaml`.'),
  stage: z.string().nullable(),
  type: z.enum(['file', 'folder']),
  md5: z.string().nullable(),
  legacy: z.boolean().describe('Named by DVC 2, whose hash of text takes all line ends for one.'),
  files: z.number().int().nullable(),
  bytes: z.number().int().nullable(),
  version: z.number().int().nullable().describe('The version that it is here; null when it has none yet.'),
  found: z
    .enum(['store', 'cache', 'elsewhere'])
    .describe('Whether its bytes are in the store, in the cache of DVC, or have to be pulled first.'),
});
export type TrackedData = z.infer<typeof TrackedData>;

export const TrackedList = z.object({
  data: z.array(TrackedData),
  unreadable: z.array(FaultReport).describe('Files of DVC that cannot be read, as in the middle of a merge.'),
});
export type TrackedList = z.infer<typeof TrackedList>;

/** `both` keeps the file of the other side beside ours, under a name of its own. */
export const MergeChoice = z.enum(['ours', 'theirs', 'both']);
export type MergeChoice = z.infer<typeof MergeChoice>;

export const DataConflict = z.object({
  path: z.string().describe('Inside the data set.'),
  kind: z.enum(['both-changed', 'both-added', 'changed-and-removed', 'mode', 'file-and-folder']),
  ours: z.number().int().nullable().describe('Bytes of our file; null where there is none.'),
  theirs: z.number().int().nullable(),
});
export type DataConflict = z.infer<typeof DataConflict>;

/** What has become of one data set in a merge or a revert. */
export const MergedData = z.object({
  path: z.string(),
  outcome: z
    .enum(['merged', 'unchanged', 'conflicts', 'removed'])
    .describe('`removed`: one of the branches has this data no longer; nothing was done about it.'),
  version: DatasetVersion.nullable().describe('The version on disk now; null while there are conflicts.'),
  conflicts: z.array(DataConflict).describe('At most 1,000, in path order.'),
  conflictCount: z.number().int(),
  written: z.number().int().describe('Files written on disk.'),
  removed: z.number().int().describe('Files removed from disk.'),
});
export type MergedData = z.infer<typeof MergedData>;

/** A branch of Git whose data could be merged into ours. */
export const DataBranch = z.object({
  name: z.string().describe('`feature`, or `origin/feature` as it was when it was last fetched.'),
  remote: z.boolean().describe('Whether it is a branch of a remote.'),
  author: z.string().describe('Of its last commit.'),
  committedAt: Instant,
  data: z
    .array(
      z.object({
        path: z.string(),
        version: z.number().int().positive().nullable().describe('Null when it is not in this workspace.'),
        ours: z.number().int().positive().nullable().describe('What our pointer names; null when that is not known.'),
        equal: z.boolean().describe('Whether our pointer names the same.'),
      }),
    )
    .describe('What its pointers name.'),
});
export type DataBranch = z.infer<typeof DataBranch>;

/** Whether the data on disk is what its pointer names. */
export const PointerState = z.object({
  path: z.string(),
  version: z.number().int().nullable().describe('What the pointer names; null when it is not in this workspace.'),
  state: z.enum(['equal', 'differs', 'restored', 'unknown', 'refused']),
  text: z.string(),
});
export type PointerState = z.infer<typeof PointerState>;
