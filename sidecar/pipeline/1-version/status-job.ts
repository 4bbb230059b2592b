import type { Hash } from '../../contract/ids.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { recoverRestores, type RestorePlace } from '../../versions/working/recover.ts';
import { lookStatus, type Status } from '../../versions/working/status.ts';
import { entryPath } from '../../work/entry.ts';
import type { Job } from '../job.ts';
import type { DataPlace } from './job.ts';

export interface StatusInput extends DataPlace {
  /** Where restores of this workspace may have been interrupted. */
  readonly unfinished: RestorePlace;
  /** The version that the disk is compared with. */
  readonly version: Hash;
}

/** What differs between a version and the data as it lies on disk. */
export const statusJob: Job<StatusInput, Status> = async (input, context) => {
  recoverRestores(input.unfinished, context.log);
  const store = openDataStore(input.dataFolder);
  const order = { ...input, store, version: needVersion(store, input.version), threadProgram: entryPath('data') };
  return lookStatus(order, context);
};
