import type { DatasetDifference } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import { differenceOf } from '../../versions/difference.ts';
import { parseManifest } from '../../versions/manifest.ts';
import { createObjects } from '../../versions/objects.ts';
import { describeDisk } from '../../versions/snapshot.ts';
import type { Job } from '../job.ts';
import type { SnapshotInput } from './job.ts';

export interface DifferenceInput extends SnapshotInput {
  readonly from: Hash;
  /** Null for the data as it lies on disk. */
  readonly to: Hash | null;
}

/** What differs between two versions, or between one and the data on disk. */
export const differenceJob: Job<DifferenceInput, Omit<DatasetDifference, 'from' | 'to'>> = async (input, context) => {
  const objects = createObjects(input.objectsFolder);
  const from = parseManifest(objects.get(input.from));
  const to = input.to === null ? await describeDisk(input, context) : parseManifest(objects.get(input.to));
  return differenceOf(from, to);
};
