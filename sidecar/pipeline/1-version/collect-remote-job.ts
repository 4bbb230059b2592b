import type { RemoteCollection } from '../../contract/remote.ts';
import { collectRemote } from '../../versions/remotes/collect-remote.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface CollectRemoteInput extends RemotePlace {
  readonly graceMs: number;
  readonly dryRun: boolean;
}

/** Removes packs from a remote that no version on its lists needs. */
export const collectRemoteJob: Job<CollectRemoteInput, RemoteCollection> = (input, context) =>
  withRemote(input, context, (open) =>
    collectRemote({ ...open, graceMs: input.graceMs, dryRun: input.dryRun, clock: Date.now }, context),
  );
