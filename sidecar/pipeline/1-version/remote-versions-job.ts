import type { RemoteVersion } from '../../contract/remote.ts';
import { readRef, readRefs, type Ref } from '../../versions/remotes/ref.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface RemoteVersionsInput extends RemotePlace {
  /** Data sets of the workspace: they are asked for by name where a remote cannot be listed. */
  readonly paths: readonly string[];
}

export interface PathVersions {
  readonly path: string;
  readonly versions: readonly RemoteVersion[];
}

/** Which versions of which data sets a remote has. */
export const remoteVersionsJob: Job<RemoteVersionsInput, readonly PathVersions[]> = (input, context) =>
  withRemote(input, context, async ({ transport }) => {
    context.progress(null, 'asking what is there');
    const refs: Ref[] = transport.canList ? await readRefs(transport) : [];
    if (!transport.canList)
      for (const path of input.paths) {
        const ref = await readRef(transport, path);
        if (ref !== null) refs.push(ref);
      }
    return refs.map(({ path, versions }) => ({ path, versions }));
  });
