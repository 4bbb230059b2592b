import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatasetDifference, DatasetStatus, DatasetVersion } from '../../contract/dataset.ts';
import { datasetUnknown, nothingKept, pointerNamesNothing, trackedNotKnown } from '../../faults.ts';
import type { DataStore } from '../../versions/data-store.ts';
import { findTracked } from '../../versions/dvc/tracked-data.ts';
import { writePointer } from '../../versions/dvc/write-pointer.ts';
import { pointedVersion, versionNamed } from '../../versions/pointed-version.ts';
import type { Keep } from '../../versions/working/restore-plan.ts';
import type { Restored } from '../../versions/working/restore.ts';
import type { Status } from '../../versions/working/status.ts';
import type { Job, JobContext } from '../job.ts';
import type { DifferenceInput } from './difference-job.ts';
import type { RestoreInput, RestoreOutput } from './restore-job.ts';
import { versionData, type VersionNeeds } from './stage.ts';
import type { StatusInput } from './status-job.ts';
import type { UndoInput } from './undo-restore-job.ts';
import type { VerifyInput } from './verify-job.ts';

export interface DatasetDeskNeeds extends VersionNeeds {
  readonly root: string;
  readonly kept: string;
  readonly store: DataStore;
  readonly status: Job<StatusInput, Status>;
  readonly restore: Job<RestoreInput, RestoreOutput>;
  readonly undoRestore: Job<UndoInput, RestoreOutput>;
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
  /** @param dataset by its name or its path @throws Fault `dataset-missing` or `version-missing` */
  readonly status: (dataset: string) => Promise<DatasetStatus>;
  /** @throws Fault `restore-refused`, `version-missing`, `version-damaged` */
  readonly restore: (request: RestoreRequest) => Promise<Restored>;
  /** Takes back a restore that kept all it replaced. @throws Fault `request-invalid`, `version-missing`, `restore-refused` */
  readonly undo: (request: UndoRequest) => Promise<Restored>;
  readonly verify: (request: { dataset: string; version: number }) => Promise<{ files: number; damaged: string[] }>;
}

export interface RestoreRequest {
  readonly dataset: string;
  readonly version: number;
  readonly force: boolean;
  /** Files and folders of the data set, to bring only these; left out for all of it. */
  readonly paths?: readonly string[] | undefined;
  readonly keep?: Keep | undefined;
}

export interface UndoRequest {
  readonly dataset: string;
  /** What the pointer named before. */
  readonly version: number;
  /** The folder that the restore has named. */
  readonly kept: string;
}

export const createDatasetDesk = (needs: DatasetDeskNeeds): DatasetDesk => {
  const { catalog, root, context, dataFolder } = needs;
  const placeOf = ({ path }: DatasetVersion) => {
    const { indexes, unfinished } = needs;
    return { root, path, dataFolder, indexes, unfinished };
  };
  const isPointedTo = ({ pointer, hash }: DatasetVersion): boolean =>
    pointedVersion({ root, pointer, versions: catalog.list(), store: needs.store })?.hash === hash;
  const statusOf = (dataset: DatasetVersion): Promise<Status> =>
    needs.status({ ...placeOf(dataset), version: dataset.hash }, context);
  return {
    list: catalog.list,
    version: async (path) => (await versionData({ root, path, source: null, strict: false }, needs, context)).dataset,
    difference: async (name, from, to) => {
      const base = catalog.find(name, from);
      if (to === 'disk') return { from: `v${from}`, to, ...(await statusOf(base)).difference };
      const input = { dataFolder, from: base.hash, to: catalog.find(name, to).hash };
      return { from: `v${from}`, to: `v${to}`, ...(await needs.difference(input, context)) };
    },
    status: async (wanted) => {
      const version = namedVersion(wanted, needs);
      const { disk, difference } = await statusOf(version);
      const equal = disk !== null && difference.added + difference.removed + difference.changed === 0;
      return { version, disk, equal, difference: { from: `v${version.version}`, to: 'disk', ...difference } };
    },
    restore: async ({ dataset: name, version, force, paths = null, keep = 'unstored' }) => {
      const dataset = catalog.find(name, version);
      const chosen = paths?.map((path) => path.replace(/^\.\//, '').replace(/\/+$/, '')) ?? null;
      const input = { ...placeOf(dataset), version: dataset.hash, paths: chosen, force, keep, kept: needs.kept };
      const { pointed, ...restored } = await needs.restore(input, context);
      // The pointer names what lies on disk now, unless that is only a part of it. One that DVC wrote does so by its MD5.
      if (paths === null && !isPointedTo(dataset)) writePointer(root, dataset.path, pointed);
      return restored;
    },
    undo: async ({ dataset: name, version, kept: undo }) => {
      // Nothing but what a restore has kept is moved into the data.
      if (dirname(undo) !== needs.kept) throw nothingKept(undo);
      const { path, hash } = catalog.find(name, version);
      const input = { root, dataFolder, path, version: hash, undo, kept: needs.kept };
      const { pointed, ...restored } = await needs.undoRestore(input, context);
      writePointer(root, path, pointed);
      return restored;
    },
    verify: async ({ dataset, version }) =>
      needs.verify({ version: catalog.find(dataset, version).hash, dataFolder }, context),
  };
};

/**
 * The version that the repository names for a data set: its pointer, or where it has none another file of DVC, as
 * `dvc.lock` does for what a stage makes.
 */
const namedVersion = (wanted: string, { root, catalog, store }: DatasetDeskNeeds): DatasetVersion => {
  const versions = catalog.list().filter(({ name, path }) => name === wanted || path === wanted);
  const [newest] = versions;
  if (newest !== undefined && existsSync(join(root, newest.pointer))) {
    const pointed = pointedVersion({ root, pointer: newest.pointer, versions, store });
    if (pointed === null) throw pointerNamesNothing(newest.pointer);
    return pointed;
  }
  const tracked = findTracked(root, newest?.path ?? wanted);
  if (tracked === null) throw newest === undefined ? datasetUnknown(wanted) : pointerNamesNothing(newest.pointer);
  const named = versionNamed(tracked, versions, store);
  if (named === null) throw trackedNotKnown(tracked);
  return named;
};
