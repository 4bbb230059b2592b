import type { Hash } from '../../contract/ids.ts';
import type { Transfer } from '../../contract/remote.ts';
import { pushMirror } from '../../versions/remotes/mirror/push-mirror.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface DvcPushInput extends RemotePlace {
  readonly versions: readonly Hash[];
}

/** Lays versions into a remote as DVC itself does; those of which the bytes are not here are left out. */
export const dvcPushJob: Job<DvcPushInput, Transfer> = (input, context) =>
  withRemote(input, context, ({ transport, store }) => {
    const versions = input.versions.filter(store.blobs.has);
    return pushMirror({ transport, store, versions }, context);
  });
