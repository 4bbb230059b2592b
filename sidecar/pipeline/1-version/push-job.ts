import type { RemoteVersion, Transfer } from '../../contract/remote.ts';
import { dvcNamesBeyond } from '../../versions/dvc/dvc-name.ts';
import { push, type PushOrder } from '../../versions/remotes/push.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface PushInput extends RemotePlace {
  /** The data set, relative to the workspace. */
  readonly path: string;
  readonly versions: readonly RemoteVersion[];
  /** What becomes of versions that were forgotten there. */
  readonly forgotten: PushOrder['forgotten'];
}

/** Brings versions of a data set to a remote; those of which the bytes are not here are left out. */
export const pushJob: Job<PushInput, Transfer> = (input, context) =>
  withRemote(input, context, (open) => {
    const versions = input.versions.filter(({ hash }) => open.blobs.has(hash));
    const dvcNames: PushOrder['dvcNames'] = (version, known) => dvcNamesBeyond(open.store, version, known);
    return push({ ...open, path: input.path, versions, forgotten: input.forgotten, dvcNames }, context);
  });
