import type { DatasetDifference, DatasetVersion } from '../../contract/dataset.ts';
import { parseManifest } from '../../versions/manifest.ts';
import { pointedData } from '../../versions/dvc/pointed-data.ts';
import { writePointer } from '../../versions/dvc/write-pointer.ts';
import type { Restored } from '../../versions/restore.ts';
import type { Job, JobContext } from '../job.ts';
import type { DifferenceInput } from './difference-job.ts';
import type { RestoreInput } from './restore-job.ts';
import { versionData, type VersionNeeds } from './stage.ts';
import type { VerifyInput } from './verify-job.ts';

export interface DatasetDeskNeeds extends VersionNeeds {
  readonly root: string;
  readonly kept: string;
  readonly restoring: string;
  readonly restore: Job<RestoreInput, Restored>;
  readonly verify: Job<VerifyInput, { files: number; damaged: string[] }>;
  readonly difference: Job<DifferenceInput, Omit<DatasetDifference, 'from' | 'to'>>;
  /** For work that no run waits for. */
  readonly context: JobContext;
}

/** What a person does with data versions outside a run. Data sets are named as the catalog names them. */
export interface DatasetDesk {
  readonly list: () => DatasetVersion[];
  /** @param path relative to the workspace @throws Fault `dataset-…` */
  readonly version: (path: string) => Promise<DatasetVersion>;
  readonly difference: (name: string, from: number, to: number | 'disk') => Promise<DatasetDifference>;
  /** @throws Fault `restore-refused`, `version-missing` or `version-damaged` */
  readonly restore: (request: { dataset: string; version: number; force: boolean }) => Promise<Restored>;
  readonly verify: (request: { dataset: string; version: number }) => Promise<{ files: number; damaged: string[] }>;
}

export const createDatasetDesk = (needs: DatasetDeskNeeds): DatasetDesk => {
  const { catalog, root, objectsFolder, indexes, context } = needs;
  return {
    list: catalog.list,
    version: async (path) => (await versionData({ root, path, source: null, strict: false }, needs, context)).dataset,
    difference: async (name, from, to) => {
      const base = catalog.find(name, from);
      const other = to === 'disk' ? null : catalog.find(name, to).hash;
      const input = { root, path: base.path, objectsFolder, indexes, from: base.hash, to: other };
      const found = await needs.difference(input, context);
      return { from: `v${from}`, to: to === 'disk' ? 'disk' : `v${to}`, ...found };
    },
    restore: async ({ dataset: name, version, force }) => {
      const { kept, restoring } = needs;
      const dataset = catalog.find(name, version);
      const input = { root, path: dataset.path, version: dataset.hash, objectsFolder, indexes, force, kept, restoring };
      const restored = await needs.restore(input, context);
      // The pointer names what lies on disk now.
      writePointer(root, dataset.path, pointedData(dataset.hash, parseManifest(needs.objects.get(dataset.hash))));
      return restored;
    },
    verify: async ({ dataset, version }) =>
      needs.verify({ version: catalog.find(dataset, version).hash, objectsFolder }, context),
  };
};
