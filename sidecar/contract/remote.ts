import { z } from 'zod';
import { DatasetKind } from './dataset.ts';
import { Hash, Instant } from './ids.ts';

/** A remote as it is configured; without secrets. */
export const Remote = z.object({
  name: z.string(),
  url: z.string(),
  chosen: z.boolean().describe('Whether it is meant where none is named.'),
});
export type Remote = z.infer<typeof Remote>;

/** A version of a data set as a remote tells of it. Versions are numbered in each workspace by itself; this is the same everywhere. */
export const RemoteVersion = z.object({
  hash: Hash,
  kind: DatasetKind,
  files: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  createdAt: Instant,
  author: z.string(),
  commit: z.string().nullable(),
  branch: z.string().nullable(),
});
export type RemoteVersion = z.infer<typeof RemoteVersion>;

/** What a remote and this workspace have of one data set. */
export const RemoteState = z.object({
  path: z.string().describe('Where the data lies, relative to the workspace.'),
  here: z.array(RemoteVersion).describe('Only here: a push brings them there.'),
  there: z.array(RemoteVersion).describe('Only there: a fetch or pull brings them here.'),
  both: z.array(RemoteVersion),
});
export type RemoteState = z.infer<typeof RemoteState>;

/** What went over the wire. */
export const Transfer = z.object({
  versions: z.number().int().nonnegative().describe('Versions that the other side has now and had not before.'),
  bytes: z.number().int().nonnegative(),
  objects: z.number().int().nonnegative().describe('Packs, or files of a DVC remote.'),
});
export type Transfer = z.infer<typeof Transfer>;

const PackCount = z.object({ packs: z.number().int().nonnegative(), bytes: z.number().int().nonnegative() });

/** What became of packs in a remote that no version needs, or would become of them. */
export const RemoteCollection = z.object({
  dryRun: z.boolean(),
  versions: z.number().int().nonnegative().describe('Versions on the lists of the remote.'),
  needed: PackCount.describe('Packs that one of them needs.'),
  waiting: PackCount.describe('Needed by none, and not yet for as long as the grace; a later collection removes them.'),
  noted: PackCount.describe('Those of them that were seen to be needed by none now, for the first time.'),
  nextAt: Instant.nullable().describe(
    'When the first of those that wait can be removed; null where that is not known.',
  ),
  rewritten: PackCount.describe(
    'Packs of which so little is needed that it goes into new ones, and its bytes; they are among those needed by none.',
  ),
  removed: PackCount,
  leftovers: z
    .number()
    .int()
    .nonnegative()
    .describe('Uploads and drafts that broke off more than a day ago, and were ended.'),
});
export type RemoteCollection = z.infer<typeof RemoteCollection>;
