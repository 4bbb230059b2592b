import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import type { Remote, RemoteState, RemoteVersion, Transfer } from '../../contract/remote.ts';
import { isBuiltIn } from '../../datasets/built-in.ts';
import { datasetUnknown, Fault, remoteLacksSeveral } from '../../faults.ts';
import type { DatasetCatalog } from '../../versions/catalog.ts';
import { findTracked, findTrackedData } from '../../versions/dvc/tracked-data.ts';
import { pointerPath } from '../../versions/dvc/pointer.ts';
import {
  addRemote,
  chooseRemote,
  findRemote,
  readRemotes,
  removeRemote,
  type NewRemote,
} from '../../versions/remotes/config/dvc-config.ts';
import type { Environment } from '../../versions/remotes/config/environment.ts';
import type { Fetched } from '../../versions/remotes/fetch.ts';
import type { Keep } from '../../versions/working/restore-plan.ts';
import type { Restored } from '../../versions/working/restore.ts';
import { partOf, type Job, type JobContext } from '../job.ts';
import type { DatasetDesk } from './desk.ts';
import type { DvcPullInput, DvcPulled } from './dvc-pull-job.ts';
import type { DvcPushInput } from './dvc-push-job.ts';
import type { FetchVersionInput } from './fetch-version-job.ts';
import type { PushInput } from './push-job.ts';
import type { PathVersions, RemoteVersionsInput } from './remote-versions-job.ts';

export interface RemoteDeskNeeds {
  readonly root: string;
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  /** Where keys may stand. */
  readonly environment: Environment;
  readonly catalog: DatasetCatalog;
  readonly restore: DatasetDesk['restore'];
  readonly push: Job<PushInput, Transfer>;
  readonly fetchVersion: Job<FetchVersionInput, Fetched>;
  readonly remoteVersions: Job<RemoteVersionsInput, readonly PathVersions[]>;
  readonly dvcPush: Job<DvcPushInput, Transfer>;
  readonly dvcPull: Job<DvcPullInput, DvcPulled>;
  /** @throws Fault `data-check-failed` for a version that breaks a condition of `data.checks` that blocks */
  readonly refuseBroken: (version: { path: string; hash: Hash; label: string }) => Promise<void>;
  readonly announce: (dataset: DatasetVersion) => void;
  readonly author: (root: string) => Promise<string>;
  readonly clock: () => number;
  readonly context: JobContext;
}

/** What may be said of a transfer; what is left out is the default remote, all data sets, all versions. */
export interface TransferRequest {
  readonly remote?: string | undefined;
  /** Name or path of a data set. */
  readonly dataset?: string | undefined;
  readonly version?: number | undefined;
}

export interface Pulled {
  readonly dataset: DatasetVersion;
  readonly transfer: Transfer;
  readonly restored: Restored | null;
  /** Why nothing was put onto the disk: what lies there would be lost. */
  readonly refused: string | null;
}

export interface PullRequest extends TransferRequest {
  readonly force: boolean;
  /** What of the files that go is kept. */
  readonly keep: Keep;
}

/** What a person does with data versions and other places. */
export interface RemoteDesk {
  readonly list: () => Remote[];
  readonly add: (remote: NewRemote) => Remote[];
  readonly remove: (name: string) => Remote[];
  readonly choose: (name: string) => Remote[];
  readonly state: (remote: string | undefined) => Promise<RemoteState[]>;
  /** @throws Fault `data-check-failed` before anything is sent, when the newest version that is meant is broken */
  readonly push: (request: TransferRequest & { readonly dvc: boolean }) => Promise<Transfer>;
  /** Brings bytes here, and nothing onto the disk. */
  readonly fetch: (request: TransferRequest) => Promise<Pulled[]>;
  /** Brings what the pointers of the workspace name onto the disk; data that would be lost by it stays as it is. */
  readonly pull: (request: PullRequest) => Promise<Pulled[]>;
}

/** A version that is here now. */
type Brought = Pick<Pulled, 'dataset' | 'transfer'>;

/** Of all versions of a data set the newest is what others will work with; older ones were made by the rules of their time. */
const refuseBroken = async (
  path: string,
  versions: readonly DatasetVersion[],
  needs: Pick<RemoteDeskNeeds, 'refuseBroken'>,
): Promise<void> => {
  const [newest] = [...versions].sort((a, b) => b.version - a.version);
  if (newest !== undefined) await needs.refuseBroken({ path, hash: newest.hash, label: `v${newest.version}` });
};

export const createRemoteDesk = (needs: RemoteDeskNeeds): RemoteDesk => {
  const { root, environment, catalog, dataFolder, context } = needs;
  const list = (): Remote[] => {
    const { all, chosen } = readRemotes(root, environment);
    return all.map(({ name, url }) => ({ name, url, chosen: name === chosen || all.length === 1 }));
  };
  const changing =
    <Input>(change: (input: Input) => void) =>
    (input: Input): Remote[] => {
      change(input);
      return list();
    };
  const placeOf = (remote: string | undefined) => ({
    remote: findRemote(root, environment, remote ?? null),
    environment,
    dataFolder,
  });

  const state: RemoteDesk['state'] = async (remote) => {
    const own = byPath(catalog.list());
    const paths = [...new Set([...own.keys(), ...findTrackedData(root).data.map(({ path }) => path)])];
    const there = await needs.remoteVersions({ ...placeOf(remote), paths }, context);
    return [...new Set([...own.keys(), ...there.map(({ path }) => path)])]
      .sort()
      .map((path) =>
        compare(
          path,
          (own.get(path) ?? []).map(toRemoteVersion),
          there.find((one) => one.path === path)?.versions ?? [],
        ),
      );
  };

  /** A built-in data set has a home of its own; it is pushed only when it is named. */
  const chosen = ({ dataset, version }: TransferRequest): DatasetVersion[] => {
    const all = catalog.list();
    if (dataset === undefined)
      return all.filter((one) => !isBuiltIn(one.path) && (version === undefined || one.version === version));
    const known = all.filter((one) => isMeant(one, dataset));
    if (known.length === 0) throw datasetUnknown(dataset);
    if (version === undefined) return known;
    const found = known.filter((one) => one.version === version);
    return found.length > 0 ? found : [catalog.find(dataset, version)];
  };

  const push: RemoteDesk['push'] = async ({ dvc, ...request }) => {
    const place = placeOf(request.remote);
    const groups = [...byPath(chosen(request))];
    // Who names a version wants it there, whatever was said of it before.
    const forgotten = request.version === undefined ? 'stay' : 'return';
    for (const [path, group] of groups) await refuseBroken(path, group, needs);
    const transfers: Transfer[] = [];
    for (const [at, [path, group]] of groups.entries()) {
      const part = partOf(context, at / groups.length, (at + 1) / groups.length);
      transfers.push(
        dvc
          ? await needs.dvcPush({ ...place, versions: group.map(({ hash }) => hash) }, part)
          : await needs.push({ ...place, path, versions: group.map(toRemoteVersion), forgotten }, part),
      );
    }
    return sumOf(transfers);
  };

  /** Adds what a remote told of to the catalog, in the order in which it came to be. */
  const learn = (path: string, versions: readonly RemoteVersion[]): void => {
    for (const version of versions) {
      const { dataset, created } = catalog.add(toDraft(path, version));
      if (created) needs.announce(dataset);
    }
  };

  /** A number is that of this workspace: where it is not known yet, the remote is asked first what there is. */
  const numbered = async (path: string, version: number, place: ReturnType<typeof placeOf>): Promise<Hash> => {
    const find = () => catalog.list().filter((one) => one.path === path);
    if (!find().some((one) => one.version === version)) {
      const there = await needs.remoteVersions({ ...place, paths: [path] }, context);
      learn(path, there.find((one) => one.path === path)?.versions ?? []);
    }
    return catalog.find(find()[0]?.name ?? path, version).hash;
  };

  /** The version that is meant: the one that is asked for, or the one that the pointer names, or the newest there. */
  const fetchPath = async (path: string, { remote, version }: TransferRequest): Promise<Brought> => {
    const place = placeOf(remote);
    const tracked = findTracked(root, path);
    const asked = version === undefined ? null : await numbered(path, version, place);
    const wanted = asked ?? tracked?.version ?? null;
    if (wanted === null && tracked !== null) {
      const { found, known, ...transfer } = await needs.dvcPull({ ...place, output: tracked }, context);
      // DVC keeps neither who made a version nor when.
      const made = { createdAt: needs.clock(), author: await needs.author(root), commit: null, branch: null };
      const isKnown = known.some(({ hash }) => hash === found.hash);
      learn(path, isKnown ? known : [...known, { ...found, ...made }]);
      return { dataset: findByHash(catalog, path, found.hash), transfer };
    }
    const {
      known,
      version: hash,
      ...transfer
    } = await needs.fetchVersion({ ...place, path, version: wanted }, context);
    learn(path, known);
    return { dataset: findByHash(catalog, path, hash), transfer };
  };

  const pathsOf = (dataset: string | undefined): string[] => {
    const { data } = findTrackedData(root);
    // A stage that never ran has named no version of what it makes.
    const named = data.filter(({ kind, md5, version }) => kind !== 'stage' || md5 !== null || version !== null);
    const tracked = named.map(({ path }) => path);
    const known = catalog.list();
    if (dataset === undefined) return tracked;
    const found =
      known.find((one) => isMeant(one, dataset))?.path ??
      tracked.find((path) => path === dataset || path.endsWith(`/${dataset}`));
    return [found ?? dataset];
  };

  /** Where nothing is named, what the remote lacks does not keep the rest from coming; it is told in the end. */
  const eachPath = async ({ dataset }: TransferRequest, act: (path: string) => Promise<Pulled>): Promise<Pulled[]> => {
    const pulled: Pulled[] = [];
    const lacking: Fault[] = [];
    for (const path of pathsOf(dataset)) {
      try {
        pulled.push(await act(path));
      } catch (error) {
        if (dataset !== undefined || !(error instanceof Fault && error.code === 'remote-lacks-version')) throw error;
        lacking.push(error);
      }
    }
    const [first] = lacking;
    if (first !== undefined) throw lacking.length === 1 ? first : remoteLacksSeveral(lacking);
    return pulled;
  };

  return {
    list,
    add: changing((remote) => addRemote(root, remote, environment)),
    remove: changing((name) => removeRemote(root, name, environment)),
    choose: changing((name) => {
      findRemote(root, environment, name);
      chooseRemote(root, name);
    }),
    state,
    push,
    fetch: (request) =>
      eachPath(request, async (path) => ({ ...(await fetchPath(path, request)), restored: null, refused: null })),
    pull: (request) => eachPath(request, async (path) => putDown(await fetchPath(path, request), request, needs)),
  };
};

/** Puts a version that is here onto the disk. */
const putDown = async (
  brought: Brought,
  { force, keep }: Pick<PullRequest, 'force' | 'keep'>,
  { restore }: Pick<RemoteDeskNeeds, 'restore'>,
): Promise<Pulled> => {
  const { name: dataset, version } = brought.dataset;
  try {
    return { ...brought, restored: await restore({ dataset, version, force, keep }), refused: null };
  } catch (error) {
    // Other data need not wait for what a person says about this. A file that the system holds back is another matter.
    const isAsked = error instanceof Fault && error.code === 'restore-refused' && error.places.length === 0;
    if (force || !isAsked) throw error;
    return { ...brought, restored: null, refused: error.message };
  }
};

const isMeant = ({ name, path }: DatasetVersion, dataset: string): boolean => name === dataset || path === dataset;

const byPath = (versions: readonly DatasetVersion[]): Map<string, DatasetVersion[]> =>
  Map.groupBy(versions, ({ path }) => path);

const toRemoteVersion = ({ hash, kind, files, bytes, createdAt, author, code }: DatasetVersion): RemoteVersion => ({
  hash,
  kind,
  files,
  bytes,
  createdAt,
  author,
  commit: code.commit,
  branch: code.branch,
});

const toDraft = (path: string, { commit, branch, ...version }: RemoteVersion) => ({
  ...version,
  path,
  pointer: pointerPath(path),
  code: { commit, branch, dirty: false, patch: null },
});

const findByHash = (catalog: DatasetCatalog, path: string, hash: Hash): DatasetVersion => {
  const found = catalog.list().find((one) => one.path === path && one.hash === hash);
  if (found === undefined) throw new Error(`${hash} of ${path} was added and is not there`);
  return found;
};

const compare = (path: string, own: readonly RemoteVersion[], there: readonly RemoteVersion[]): RemoteState => {
  const has = (all: readonly RemoteVersion[], { hash }: RemoteVersion) => all.some((one) => one.hash === hash);
  return {
    path,
    here: own.filter((one) => !has(there, one)),
    there: there.filter((one) => !has(own, one)),
    both: own.filter((one) => has(there, one)),
  };
};

const sumOf = (transfers: readonly Transfer[]): Transfer => ({
  versions: transfers.reduce((sum, { versions }) => sum + versions, 0),
  bytes: transfers.reduce((sum, { bytes }) => sum + bytes, 0),
  objects: transfers.reduce((sum, { objects }) => sum + objects, 0),
});
