import { remoteDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import { dvcNameOf, isNamed } from '../dvc/dvc-name.ts';
import type { DvcOutput } from '../dvc/output.ts';
import type { BringOrder } from './bring.ts';
import { fetchVersion, type Fetched, type FetchOrder } from './fetch.ts';
import { refKey } from './layout.ts';
import { pullMirror } from './mirror/pull-mirror.ts';
import { readRef } from './ref.ts';

export interface NamedOrder extends Omit<BringOrder, 'path'>, Pick<FetchOrder, 'cache'> {
  readonly store: DataStore;
  /** What a file of DVC says. */
  readonly output: DvcOutput;
}

/**
 * Brings the version that a file of DVC names without a note of ours: from the list of versions, which knows what DVC
 * calls them, else from what DVC itself has pushed there.
 * @throws Fault `remote-lacks-version` when it is neither here nor there, `remote-damaged` when the version of that
 * name is another one, other `remote-…`, or the reason of an abort
 */
export const fetchNamed = async (order: NamedOrder, context: JobContext): Promise<Fetched> => {
  const { transport, store, output } = order;
  const { path } = output;
  context.progress(null, `asking for the versions of ${path}`);
  const ref = await readRef(transport, path);
  const known = ref?.versions ?? [];
  const name = dvcNameOf(output);
  const version = name === null ? undefined : known.find(({ hash }) => hash === ref?.dvcNames[name])?.hash;
  if (version === undefined) return { ...(await pullMirror({ transport, store, output }, context)), known };
  const fetched = await fetchVersion({ ...order, path, version }, context);
  if (!isNamed(store, version, output))
    throw remoteDamaged(
      transport.address,
      refKey(path),
      `version ${version.slice(0, 12)}, which it calls ${output.md5}, has another MD5`,
    );
  return fetched;
};
