import { Fault } from '../../faults.ts';
import { fromRemote } from '../../versions/remotes/remote-source.ts';
import type { BlobSource } from '../../versions/store/repair.ts';
import { fromDisk, type DiskVersion } from '../../versions/tree/disk-source.ts';
import { isExecutable } from '../../versions/working/index-entry.ts';
import { locateFile, walkData } from '../../versions/working/walk.ts';
import type { JobContext } from '../job.ts';
import { withRemote, type RemotePlace } from './remote-place.ts';

interface SourcesOrder {
  readonly root: string;
  /** Data sets, relative to the workspace. */
  readonly paths: readonly string[];
  /** Null when no remote is configured. */
  readonly remote: RemotePlace | null;
}

/**
 * Where stored bytes may be brought back from: the files on disk first, then the remote. One that cannot be read is
 * told of and passed over; what stays lost is told in the end.
 */
export const repairSources = ({ root, paths, remote }: SourcesOrder, context: JobContext): BlobSource[] => {
  const sources = paths.map((path) => helping(path, context, () => fromDisk(filesAt(root, path))));
  if (remote === null) return sources;
  const far: BlobSource = {
    bring: async (wanted, take) => {
      if (wanted.size === 0) return;
      await withRemote(remote, context, async ({ transport, cache }) =>
        fromRemote({ transport, cache, paths }).bring(wanted, take),
      );
    },
  };
  return [...sources, helping(remote.remote.url, context, () => far)];
};

const helping = (name: string, { log }: Pick<JobContext, 'log'>, open: () => BlobSource): BlobSource => ({
  bring: async (wanted, take) => {
    try {
      await open().bring(wanted, take);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      log('warn', `${name} is no help: ${error.message}`);
    }
  },
});

const filesAt = (root: string, path: string): DiskVersion => {
  const { data, files } = walkData(root, path);
  const located = function* () {
    for (const { path: inner, stat } of files) {
      yield { path: inner, absolute: locateFile(data, inner), executable: isExecutable(stat) };
    }
  };
  return { type: data.type, files: located() };
};
