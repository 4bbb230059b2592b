import type { Hash } from '../../contract/ids.ts';
import { parseManifest } from '../../versions/manifest.ts';
import { createObjects } from '../../versions/objects.ts';
import { restore, type Restored } from '../../versions/restore.ts';
import type { Job } from '../job.ts';
import type { SnapshotInput } from './job.ts';

export interface RestoreInput extends SnapshotInput {
  /** The version that the data is brought to. */
  readonly version: Hash;
  readonly force: boolean;
  readonly kept: string;
  readonly restoring: string;
}

/** Brings the data on disk to a version. */
export const restoreJob: Job<RestoreInput, Restored> = (input, context) => {
  const objects = createObjects(input.objectsFolder);
  return restore({ ...input, objects, manifest: parseManifest(objects.get(input.version)) }, context);
};
