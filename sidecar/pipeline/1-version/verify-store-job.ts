import type { StoreCheck } from '../../contract/data-upkeep.ts';
import { openBlobs } from '../../versions/store/blobs.ts';
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

/** Compares stored bytes with their names, says which files are harmed, and repairs them if asked to. */
export const verifyStoreJob: Job<VerifyStoreInput, StoreCheck> = async (input, context) => {
  const indexes = input.repair ? repairIndexes(input.dataFolder) : 0;
  const found = await look(input, context);
  const { harmed, repaired } = input.repair
    ? await repair(input, found, context)
    : { harmed: found.harmed, repaired: null };
  const names = new Map(input.versions.map(({ version, name }) => [version, name]));
  return {
    packs: found.packs,
    blobs: found.blobs,
    bytes: found.bytes,
    damage: found.damage.slice(0, TOLD).map(({ blob, ...rest }) => ({ ...rest, blob: blob?.id ?? null })),
    files: harmed
      .slice(0, TOLD)
      .map(({ version, path, files }) => ({ version: names.get(version) ?? version, path, files })),
    repaired: repaired === null ? null : { ...repaired, indexes },
  };
};

interface Found extends Verified {
  readonly harmed: readonly HarmedFiles[];
}

const look = async ({ dataFolder, versions, depth }: VerifyStoreInput, context: JobContext): Promise<Found> => {
  const verified = await verifyPacks(dataFolder, depth, context);
  const damaged = new Set(verified.damage.flatMap(({ blob }) => blob?.id ?? []));
  const blobs = openBlobs(dataFolder);
  // A version that is only known by name was never here, or was forgotten by hand: nothing of it can be harmed.
  const here = versions.filter(({ version }) => blobs.has(version) || verified.damage.length > 0);
  const names = here.map(({ version }) => version);
  const harmed = [...harmedFiles(blobs, names, (id) => damaged.has(id))];
  blobs.close();
  return { ...verified, harmed };
};

/** What is below a harmed node is known when the node is whole again: so it is repaired and looked at in turns. */
const repair = async (input: VerifyStoreInput, first: Found, context: JobContext) => {
  const { dataFolder: folder, now } = input;
  const sum = { blobs: 0, packs: 0, lost: 0 };
  for (let found = first; ;) {
    const blobs = openBlobs(folder);
    const missing = found.harmed.flatMap((harm) => harm.blobs);
    const sources = sourcesFor(input, found.harmed, context);
    const {
      blobs: brought,
      packs,
      lost,
    } = await repairPacks({ folder, blobs, damage: found.damage, missing, sources, now });
    sum.blobs += brought;
    sum.packs += packs;
    sum.lost = lost.length;
    if (brought + packs === 0) return { harmed: found.harmed, repaired: sum };
    found = await look(input, context);
  }
};

/** Of the data sets that the harmed versions are of. */
const sourcesFor = (
  { root, versions, remote }: VerifyStoreInput,
  harmed: readonly HarmedFiles[],
  context: JobContext,
): BlobSource[] => {
  const ids = new Set(harmed.map(({ version }) => version));
  const paths = new Set(versions.filter(({ version }) => ids.has(version)).map(({ path }) => path));
  return repairSources({ root, paths: [...paths], remote }, context);
};
