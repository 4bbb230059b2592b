import { z } from 'zod';
import { Hash, Instant } from './ids.ts';

export const DatasetKind = z.enum(['image-folder', 'idx', 'cifar', 'csv', 'jsonl', 'parquet', 'files']);
export type DatasetKind = z.infer<typeof DatasetKind>;

/** The state of the user's Git repository when data was versioned. */
export const Code = z.object({
  commit: z.string().nullable().describe('Commit of HEAD; null outside Git or before the first commit.'),
  branch: z.string().nullable(),
  dirty: z.boolean().describe('Whether tracked files differ from the commit.'),
  patch: Hash.nullable().describe('The uncommitted difference to the commit, as an object.'),
});
export type Code = z.infer<typeof Code>;

/** An immutable version of a data set: the exact bytes, named by content. */
export const DatasetVersion = z.object({
  name: z.string().describe('Last part of the path, for example `images`.'),
  version: z.number().int().positive().describe('3 is shown as v3.'),
  hash: Hash.describe('Hash of the manifest: equal bytes under equal names give an equal hash.'),
  kind: DatasetKind,
  path: z.string().describe('Where the data lies, relative to the workspace, with forward slashes.'),
  pointer: z.string().describe('The `.dvc` file beside the data, relative to the workspace.'),
  files: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  createdAt: Instant,
  author: z.string(),
  code: Code,
});
export type DatasetVersion = z.infer<typeof DatasetVersion>;

/** What the stage `version` gives. */
export const Dataset = z.object({ dataset: DatasetVersion, code: Code });
export type Dataset = z.infer<typeof Dataset>;

export const FileChange = z.object({
  path: z.string(),
  change: z.enum(['added', 'removed', 'changed']),
  bytes: z.number().int().nonnegative(),
});
export type FileChange = z.infer<typeof FileChange>;

/** File-level difference of two dataset versions, or of one and the data on disk. */
export const DatasetDifference = z.object({
  from: z.string(),
  to: z.string(),
  added: z.number().int().nonnegative(),
  removed: z.number().int().nonnegative(),
  changed: z.number().int().nonnegative(),
  files: z.array(FileChange).describe('At most 1,000 files, in path order.'),
  truncated: z.boolean(),
});
export type DatasetDifference = z.infer<typeof DatasetDifference>;

/** How far the sidecar hears of changes to a data set on disk. */
export const DataWatching = z.object({
  folders: z.number().int().nonnegative().describe('Folders that are watched.'),
  complete: z.boolean().describe('False where there are more folders than can be watched.'),
  lookEveryMs: z.number().int().positive().nullable().describe('How often the rest is looked at; null when complete.'),
});
export type DataWatching = z.infer<typeof DataWatching>;

/** How the data on disk stands to the version that its pointer names. */
export const DatasetStatus = z.object({
  version: DatasetVersion.describe('The version that the `.dvc` file names.'),
  equal: z.boolean().describe('Whether nothing on disk differs from it.'),
  disk: z
    .object({ files: z.number().int().nonnegative(), bytes: z.number().int().nonnegative() })
    .nullable()
    .describe('Null when nothing lies there.'),
  difference: DatasetDifference,
});
export type DatasetStatus = z.infer<typeof DatasetStatus>;
