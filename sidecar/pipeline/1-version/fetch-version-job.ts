import type { Hash } from '../../contract/ids.ts';
import { fetchVersion, type Fetched } from '../../versions/remotes/fetch.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface FetchVersionInput extends RemotePlace {
  readonly path: string;
  /** Null for the newest that the remote has. */
  readonly version: Hash | null;
}

/** Brings the bytes of a version from a remote. */
export const fetchVersionJob: Job<FetchVersionInput, Fetched> = (input, context) =>
  withRemote(input, context, (open) => fetchVersion({ ...open, path: input.path, version: input.version }, context));
