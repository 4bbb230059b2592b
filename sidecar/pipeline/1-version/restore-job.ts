import type { Hash } from '../../contract/ids.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { pointedData } from '../../versions/dvc/pointed-data.ts';
import type { PointedData } from '../../versions/dvc/write-pointer.ts';
import type { RestorePlace } from '../../versions/working/recover.ts';
import type { Keep } from '../../versions/working/restore-plan.ts';
import { restore, type Restored } from '../../versions/working/restore.ts';
import { entryPath } from '../../work/entry.ts';
import type { Job } from '../job.ts';
import type { DataPlace } from './job.ts';

export interface RestoreInput extends DataPlace {
  /** Where restores of this workspace may have been interrupted. */
  readonly unfinished: RestorePlace;
  /** The version that the data is brought to. */
  readonly version: Hash;
  /** Files and folders of the data set, to bring only these; null for all of it. */
  readonly paths: readonly string[] | null;
  readonly force: boolean;
  /** What of it is kept. */
  readonly keep: Keep;
  readonly kept: string;
}

export interface RestoreOutput extends Restored {
  readonly pointed: PointedData;
}

/** Brings the data on disk to a version. */
export const restoreJob: Job<RestoreInput, RestoreOutput> = async (input, context) => {
  const store = openDataStore(input.dataFolder);
  const version = needVersion(store, input.version);
  const { restoring } = input.unfinished;
  const restored = await restore({ ...input, store, restoring, threadProgram: entryPath('data') }, context);
  return { ...restored, pointed: pointedData(store, version) };
};
