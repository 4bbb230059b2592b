import type { Hash } from '../../contract/ids.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { verifyVersion } from '../../versions/verify.ts';
import type { Job } from '../job.ts';

export interface VerifyInput {
  readonly version: Hash;
  readonly dataFolder: string;
}

/** Reads all stored bytes of a version again. */
export const verifyJob: Job<VerifyInput, { files: number; damaged: string[] }> = async (input, context) => {
  const store = openDataStore(input.dataFolder);
  return verifyVersion(needVersion(store, input.version), store, context);
};
