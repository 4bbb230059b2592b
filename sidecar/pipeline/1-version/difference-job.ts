import type { DatasetDifference } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { describeDifference } from '../../versions/difference.ts';
import { differingFiles } from '../../versions/tree/version.ts';
import type { Job } from '../job.ts';

export interface DifferenceInput {
  readonly dataFolder: string;
  readonly from: Hash;
  readonly to: Hash;
}

/** What differs between two versions. */
export const differenceJob: Job<DifferenceInput, Omit<DatasetDifference, 'from' | 'to'>> = (input) => {
  const store = openDataStore(input.dataFolder);
  const [from, to] = [needVersion(store, input.from), needVersion(store, input.to)];
  return Promise.resolve(describeDifference(differingFiles(store.blobs, from, to)));
};
