import type { StoreCheck } from '../../contract/data-upkeep.ts';
import type { Hash } from '../../contract/ids.ts';
import { openBlobs } from '../../versions/store/blobs.ts';
import { createIdSet, type IdSet } from '../../versions/store/id-set.ts';
import { repairIndexes, repairPacks, type BlobSource } from '../../versions/store/repair.ts';
import { verifyPacks, type Depth, type Verified } from '../../versions/store/verify.ts';
import { harmedFiles, type HarmedFiles } from '../../versions/tree/harmed-files.ts';
import type { Root } from '../../versions/tree/mark.ts';
import type { Job, JobContext } from '../job.ts';
import type { RemotePlace } from './remote-place.ts';
import { repairSources } from './repair-sources.ts';

/** A version of the catalog, and where its data lies, relative to the workspace. */
export interface StoredVersion extends Root {
  readonly path: string;
}

export interface VerifyStoreInput {
  readonly root: string;
  readonly dataFolder: string;
  readonly versions: readonly StoredVersion[];
  readonly depth: Depth;
  /** Bring back what is damaged or missing from unchanged files on disk and from the remote. */
  readonly repair: boolean;
  /** Null when none is configured. */
  readonly remote: RemotePlace | null;
  readonly now: number;
}

/** The most that is told of each sort. */
const TOLD = 1_000;
/** The most pieces that are looked for in one turn of a repair: they are held in memory. */
const SOUGHT = 50_000;

/** Compares stored bytes with their names, says which files are harmed, and repairs them if asked to. */
export const verifyStoreJob: Job<VerifyStoreInput, StoreCheck> = async (input, context) => {
  const indexes = input.repair ? repairIndexes(input.dataFolder) : 0;
  const found = await look(input, createIdSet(), context);
  const { told, repaired } = input.repair ? await repair(input, found, context) : { told: found.told, repaired: null };
  const names = new Map(input.versions.map(({ version, name }) => [version, name]));
  return {
    packs: found.packs,
    blobs: found.blobs,
    bytes: found.bytes,
    damage: found.damage.slice(0, TOLD).map(({ blob, ...rest }) => ({ ...rest, blob: blob?.id ?? null })),
    files: told.map(({ version, path, files }) => ({ version: names.get(version) ?? version, path, files })),
    repaired: repaired === null ? null : { ...repaired, indexes },
  };
};

interface Found extends Verified {
  /** Files that cannot be read; at most `TOLD`. */
  readonly told: readonly HarmedFiles[];
  /** Versions that have such files. */
  readonly harmed: ReadonlySet<Hash>;
  /** Pieces that they lack and that are not known to be lost; at most `SOUGHT`. */
  readonly sought: HarmedFiles['blobs'];
}

const look = async (
  { dataFolder, versions, depth }: VerifyStoreInput,
  lost: Pick<IdSet, 'has'>,
  context: JobContext,
): Promise<Found> => {
  const verified = await verifyPacks(dataFolder, depth, context);
  const damaged = new Set(verified.damage.flatMap(({ blob }) => blob?.id ?? []));
  const blobs = openBlobs(dataFolder);
  // A version that is only known by name was never here, or was forgotten by hand: nothing of it can be harmed.
  const here = versions.filter(({ version }) => blobs.has(version) || verified.damage.length > 0);
  const told: HarmedFiles[] = [];
  const harmed = new Set<Hash>();
  const sought = new Map<Hash, HarmedFiles['blobs'][number]>();
  for (const harm of harmedFiles(
    blobs,
    here.map(({ version }) => version),
    (id) => damaged.has(id),
  )) {
    harmed.add(harm.version);
    if (told.length < TOLD) told.push(harm);
    for (const blob of harm.blobs) if (sought.size < SOUGHT && !lost.has(blob.id)) sought.set(blob.id, blob);
  }
  blobs.close();
  return { ...verified, told, harmed, sought: [...sought.values()] };
};

/** What is below a harmed node is known when the node is whole again: so it is repaired and looked at in turns. */
const repair = async (input: VerifyStoreInput, first: Found, context: JobContext) => {
  const { dataFolder: folder, now } = input;
  const sum = { blobs: 0, packs: 0, lost: 0 };
  const lost = createIdSet();
  for (let found = first; ;) {
    const blobs = openBlobs(folder);
    const sources = sourcesFor(input, found.harmed, context);
    const done = await repairPacks({ folder, blobs, damage: found.damage, missing: found.sought, sources, now });
    sum.blobs += done.blobs;
    sum.packs += done.packs;
    for (const id of done.lost) if (lost.add(id)) sum.lost += 1;
    const isLast = done.blobs + done.packs === 0 && found.sought.length < SOUGHT;
    if (isLast) return { told: found.told, repaired: sum };
    found = await look(input, lost, context);
  }
};

/** Of the data sets that the harmed versions are of. */
const sourcesFor = (
  { root, versions, remote }: VerifyStoreInput,
  harmed: ReadonlySet<Hash>,
  context: JobContext,
): BlobSource[] => {
  const paths = new Set(versions.filter(({ version }) => harmed.has(version)).map(({ path }) => path));
  return repairSources({ root, paths: [...paths], remote }, context);
};
