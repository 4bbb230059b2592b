import type { DataCollection, PackGroup } from '../../contract/data-upkeep.ts';
import { openBlobs } from '../../versions/store/blobs.ts';
import { collect, type PackFate } from '../../versions/store/collect.ts';
import { repairIndexes } from '../../versions/store/repair.ts';
import { markVersions, type Root } from '../../versions/tree/mark.ts';
import type { Job } from '../job.ts';

export interface CollectInput {
  readonly dataFolder: string;
  /** Versions that something names. */
  readonly roots: readonly Root[];
  readonly graceMs: number;
  readonly dryRun: boolean;
  readonly now: number;
}

/** What became of the store alone. */
export type StoreCollection = Omit<DataCollection, 'kept'>;

/** Removes stored bytes that no version needs. */
export const collectJob: Job<CollectInput, StoreCollection> = async ({ dataFolder, roots, ...order }, context) => {
  // A pack that lost its index to a crash is judged like any other.
  if (!order.dryRun) repairIndexes(dataFolder);
  const blobs = openBlobs(dataFolder);
  let absent: readonly Root[] = [];
  let marked = 0;
  const collected = await collect(
    {
      ...order,
      folder: dataFolder,
      mark: (recent, live) => {
        const saved = recent.map((version) => ({ version, name: `${version.slice(0, 12)}, saved lately` }));
        const all = [...roots, ...saved];
        absent = markVersions(blobs, all, live);
        marked = new Set(all.map(({ version }) => version)).size - new Set(absent.map(({ version }) => version)).size;
      },
    },
    context,
  );
  blobs.close();
  return {
    dryRun: order.dryRun,
    versions: marked,
    elsewhere: [...new Set(absent.map(({ name }) => name))],
    groups: groupByFate(collected.packs),
    retiredBytes: collected.retired,
    freedBytes: collected.freed,
    undone: collected.undone,
  };
};

const groupByFate = (packs: readonly PackFate[]): PackGroup[] =>
  [...Map.groupBy(packs, ({ fate }) => fate)].map(([fate, group]) => ({
    fate,
    packs: group.length,
    blobs: group.reduce((sum, { blobs }) => sum + blobs, 0),
    bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
    neededBytes: group.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
  }));
