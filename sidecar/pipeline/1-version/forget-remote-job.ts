import type { Hash } from '../../contract/ids.ts';
import { remoteLacksVersion } from '../../faults.ts';
import { forgetInRef, readRef } from '../../versions/remotes/ref.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface ForgetRemoteInput extends RemotePlace {
  /** The data set, relative to the workspace. */
  readonly path: string;
  readonly version: Hash;
}

/** Takes a version off the list of a remote. @throws Fault `remote-lacks-version` when it is not on it */
export const forgetRemoteJob: Job<ForgetRemoteInput, null> = (input, context) =>
  withRemote(input, context, async ({ transport }) => {
    const { path, version } = input;
    if (await forgetInRef(transport, path, version)) return null;
    const known = (await readRef(transport, path))?.versions.map(({ hash }) => hash.slice(0, 12)) ?? [];
    throw remoteLacksVersion(transport.address, path, version.slice(0, 12), known);
  });
