import type { RemoteVersion, Transfer } from '../../contract/remote.ts';
import { recognizeKind } from '../../datasets/kind.ts';
import { openDataStore } from '../../versions/data-store.ts';
import type { DvcOutput } from '../../versions/dvc/output.ts';
import { pullMirror } from '../../versions/remotes/mirror/pull-mirror.ts';
import { readFiles, readVersion } from '../../versions/tree/version.ts';
import type { Job } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

export interface DvcPullInput extends RemotePlace {
  readonly output: DvcOutput;
}

export interface DvcPulled extends Transfer {
  readonly found: Pick<RemoteVersion, 'hash' | 'kind' | 'files' | 'bytes'>;
}

/** Brings a version that DVC pushed, by what its pointer says. */
export const dvcPullJob: Job<DvcPullInput, DvcPulled> = (input, context) =>
  withRemote(input, context, async ({ transport }) => {
    const store = openDataStore(input.dataFolder);
    const { version, ...transfer } = await pullMirror({ transport, store, output: input.output }, context);
    const { type, files, bytes } = readVersion(store.blobs, version);
    const kind = recognizeKind({ type, files: readFiles(store.blobs, version) });
    return { ...transfer, found: { hash: version, kind, files, bytes } };
  });
