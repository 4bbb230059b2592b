import { z } from 'zod';
import { Instant, RunId } from './ids.ts';

const Count = z.number().int().nonnegative();

/** Packs of one fate. */
export const PackGroup = z.object({
  fate: z
    .enum(['live', 'young', 'dead', 'sparse', 'small'])
    .describe(
      'live: most of it is needed; young: too new to be judged; dead: nothing of it is needed; ' +
        'sparse: less than 60 % of it is needed, which is written anew; small: put together with other small ones.',
    ),
  packs: Count,
  blobs: Count,
  bytes: Count,
  neededBytes: Count,
});
export type PackGroup = z.infer<typeof PackGroup>;

/** What one restore has replaced and kept. */
export const KeptRestore = z.object({
  folder: z.string().describe('Inside `.trainyard/kept`.'),
  at: Instant,
  path: z.string().nullable().describe('The data set, relative to the workspace; null where that is not noted.'),
  example: z.string().nullable().describe('One of the files, inside the data set.'),
  files: Count,
  bytes: Count,
  fate: z
    .enum(['due', 'young', 'undoable'])
    .describe('due: removed; young: not as old as was asked for; undoable: an editor may still offer to undo it.'),
});
export type KeptRestore = z.infer<typeof KeptRestore>;

/** What became of files that restores have replaced and kept, or would become of them. */
export const KeptCollection = z.object({
  dryRun: z.boolean(),
  restores: z.array(KeptRestore).describe('As they were found, the oldest first.'),
  freedBytes: Count.describe('Left the disk.'),
});
export type KeptCollection = z.infer<typeof KeptCollection>;

/** What restores have kept is removed after so many days, if nobody says otherwise. */
export const KEPT_DAYS = 30;

/** What became of stored bytes that no version needs, or would become of them. */
export const DataCollection = z.object({
  dryRun: z.boolean(),
  versions: Count.describe('Versions whose bytes are kept.'),
  elsewhere: z.array(z.string()).describe('Versions that are named in Git or in the catalog and are not stored here.'),
  groups: z.array(PackGroup),
  retiredBytes: Count.describe('Went into the trash, from which a later collection removes them.'),
  freedBytes: Count.describe('Left the trash and the disk.'),
  undone: z.boolean().describe('A version was saved meanwhile: nothing was collected, ask again.'),
  kept: KeptCollection,
});
export type DataCollection = z.infer<typeof DataCollection>;

export const PackDamage = z.object({
  pack: z.string(),
  part: z.enum(['pack', 'index']),
  blob: z.string().nullable().describe('Null when the damage lies between blobs or in an index.'),
  why: z.string(),
});
export type PackDamage = z.infer<typeof PackDamage>;

export const HarmedFile = z.object({
  version: z.string().describe('`images@v3`'),
  path: z.string().nullable().describe('The first file; null when not even its name is known.'),
  files: Count.nullable().describe('1 for a file; more where the list of so many is damaged; null when not known.'),
});
export type HarmedFile = z.infer<typeof HarmedFile>;

/** What was found when stored bytes were compared with their names. */
export const StoreCheck = z.object({
  packs: Count,
  blobs: Count.describe('Pieces that were read.'),
  bytes: Count,
  damage: z.array(PackDamage).describe('At most 1,000.'),
  files: z.array(HarmedFile).describe('Files that cannot be read because of it; at most 1,000.'),
  repaired: z
    .object({
      indexes: Count,
      blobs: Count.describe('Pieces brought from files on disk or the remote.'),
      packs: Count,
      lost: Count.describe('Pieces that are nowhere.'),
    })
    .nullable()
    .describe('Null when no repair was asked for.'),
});
export type StoreCheck = z.infer<typeof StoreCheck>;

/** What was made of a version of data. */
export const DataUse = z.object({
  runs: z.array(RunId).describe('Newest first.'),
  models: z.array(z.object({ name: z.string(), version: z.number().int().positive() })),
});
export type DataUse = z.infer<typeof DataUse>;

export const ForgottenData = z.object({
  dataset: z.string(),
  version: z.number().int().positive(),
  stillNamed: z.boolean().describe('A pointer in Git or on disk names its bytes: they stay as long as it does.'),
});
export type ForgottenData = z.infer<typeof ForgottenData>;
