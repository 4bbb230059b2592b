import type { DvcOutput } from '../../versions/dvc/output.ts';
import { fetchNamed } from '../../versions/remotes/fetch-named.ts';
import type { Fetched } from '../../versions/remotes/fetch.ts';
import type { Job } from '../job.ts';
import { describeStored, type StoredVersion } from './import-job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface DvcPullInput extends RemotePlace {
  readonly output: DvcOutput;
}

export interface DvcPulled extends Omit<Fetched, 'version'> {
  readonly found: StoredVersion;
}

/** Brings the version that a file of DVC names without a note of ours, whoever of the two has pushed it. */
export const dvcPullJob: Job<DvcPullInput, DvcPulled> = (input, context) =>
  withRemote(input, context, async (open) => {
    const { version, ...fetched } = await fetchNamed({ ...open, output: input.output }, context);
    return { ...fetched, found: describeStored(open.store, version) };
  });
