import type { Hash } from '../../contract/ids.ts';
import { remoteLacksVersion } from '../../faults.ts';
import { forgetInRef, readRef } from '../../versions/remotes/ref.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface ForgetRemoteInput extends RemotePlace {
  /** The data set, relative to the workspace. */
  readonly path: string;
  readonly version: Hash;
  /** Only look whether it is on it. */
  readonly dryRun: boolean;
}

/** Takes a version off the list of a remote. @throws Fault `remote-lacks-version` when it is not on it */
export const forgetRemoteJob: Job<ForgetRemoteInput, null> = (input, context) =>
  withRemote(input, context, async ({ transport }) => {
    const { path, version, dryRun } = input;
    if (!dryRun && (await forgetInRef(transport, path, version))) return null;
    const listed = (await readRef(transport, path))?.versions ?? [];
    if (dryRun && listed.some(({ hash }) => hash === version)) return null;
    const known = listed.map(({ hash }) => hash.slice(0, 12));
    throw remoteLacksVersion(transport.address, path, version.slice(0, 12), known);
  });
