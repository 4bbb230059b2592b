import type { TrackedData } from '../../sidecar/contract/data-merge.ts';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import type { RemoteState } from '../../sidecar/contract/remote.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { pace } from '../pace.ts';
import type { LiveProject } from '../sidecar/events.ts';
import { readFault, sayFault } from '../sidecar/fault.ts';
import type { Sidecar } from '../sidecar/process.ts';
import { createSignal } from '../signal.ts';
import { toDataState, type DataState } from './state.ts';

/** States of all data sets by their path in the workspace; of those that are not known there is none. */
export type DataStates = ReadonlyMap<string, DataState>;

/** What a remote and this workspace have of a data set, when the remote was last asked. */
export interface RemoteNote {
  readonly remote: string;
  /** Versions that are only here, and only there. */
  readonly here: number;
  readonly there: number;
}

export interface LiveDataStates {
  readonly current: () => DataStates;
  /** By path; a data set that has got or lost a version since is left out. */
  readonly remotes: () => ReadonlyMap<string, RemoteNote>;
  readonly keepRemote: (remote: string, states: readonly RemoteState[]) => void;
  /** Data that only files of DVC name: it has no version here yet. */
  readonly tracked: () => readonly TrackedData[];
  /** @returns stops the listener. */
  readonly onChange: (listener: () => void) => () => void;
  /** Looks again at this data set, or at all. */
  readonly refresh: (path?: string) => void;
  readonly dispose: () => void;
}

export interface DataStatesNeeds {
  readonly sidecar: Pick<Sidecar, 'client' | 'onEvent' | 'onState'>;
  readonly live: Pick<LiveProject, 'current' | 'onChange'>;
  readonly now: () => number;
  readonly log: { readonly warn: (text: string) => void };
}

/** A look at a data set is followed by a pause of at least this, and of this many times what the look took. */
const LEAST_PAUSE_MS = 500;
const PAUSES = 5;
/** Files of DVC are looked for at most so often. */
const TRACKED_MS = 1_000;
/** What it means that there is no state: the data is of no pointer, or of one that is not known here. */
const stateless = new Set(['version-missing', 'dataset-missing', 'pointer-unreadable']);

/**
 * Keeps the states: a data set is looked at when it appears, when its pointer moves, and when the sidecar's watch tells
 * that it was touched. One look at a time, and the longer looks take, the rarer they are.
 */
export const followDataStates = ({ sidecar, live, now, log }: DataStatesNeeds): LiveDataStates => {
  const changes = createSignal<undefined>();
  let states: DataStates = new Map();
  let remotes: ReadonlyMap<string, RemoteNote> = new Map();
  let tracked: readonly TrackedData[] = [];
  /** Paths to look at, and the time before which that is too early. */
  const wanted = new Set<string>();
  const notBefore = new Map<string, number>();
  const known = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let disposed = false;

  const keep = (path: string, state: DataState | null) => {
    if (JSON.stringify(states.get(path) ?? null) === JSON.stringify(state)) return;
    states = new Map([
      ...[...states].filter(([other]) => other !== path),
      ...(state === null ? [] : [[path, state] as const]),
    ]);
    changes.send(undefined);
  };
  const look = async (client: Client, path: string) => {
    const began = now();
    try {
      // Watched first: what changes during the look is then told of, and looked at again.
      const watching = await client.watchData({ path });
      keep(path, toDataState(await client.dataStatus({ dataset: path }), watching));
    } catch (error) {
      const { code } = readFault(error);
      if (code === null || !stateless.has(code)) log.warn(`The state of ${path} is not known: ${sayFault(error)}`);
      keep(path, null);
    }
    notBefore.set(path, now() + Math.max(LEAST_PAUSE_MS, PAUSES * (now() - began)));
  };
  const work = async () => {
    clearTimeout(timer);
    const client = sidecar.client();
    if (looking || client === null) return;
    looking = true;
    for (let path = nextOf(wanted, notBefore, now()); path !== null; path = nextOf(wanted, notBefore, now())) {
      wanted.delete(path);
      await look(client, path);
    }
    looking = false;
    if (wanted.size === 0 || disposed) return;
    const soonest = Math.min(...[...wanted].map((path) => notBefore.get(path) ?? 0));
    timer = setTimeout(() => void work(), Math.max(0, soonest - now()));
  };
  const want = (paths: Iterable<string>) => {
    for (const path of paths) wanted.add(path);
    void work();
  };
  const findTracked = pace(TRACKED_MS, () => {
    const client = sidecar.client();
    if (client === null) return;
    client.listTrackedData({}).then(
      ({ data }) => {
        const fresh = data.filter(({ version }) => version === null);
        if (JSON.stringify(fresh) === JSON.stringify(tracked)) return;
        tracked = fresh;
        changes.send(undefined);
      },
      (error: unknown) => log.warn(`What DVC has versioned is not known: ${sayFault(error)}`),
    );
  });
  const hear = (event: SidecarEvent) => {
    want(touchedBy(event, live.current().datasets));
    if (event.type === 'pointerMoved' || event.type === 'datasetVersioned') findTracked.ask();
    const recounted = recountedBy(event, live.current().datasets);
    if (!recounted.some((path) => remotes.has(path))) return;
    remotes = new Map([...remotes].filter(([path]) => !recounted.includes(path)));
    changes.send(undefined);
  };
  const pathsNow = () => new Set(live.current().datasets.map(({ path }) => path));
  const meet = () => {
    const fresh = [...pathsNow()].filter((path) => !known.has(path));
    for (const path of fresh) known.add(path);
    if (fresh.length > 0) want(fresh);
  };
  const stops = [
    live.onChange(meet),
    sidecar.onEvent(hear),
    sidecar.onState((state) => {
      if (state !== 'ready') return;
      // A sidecar that was started again watches nothing yet.
      want(known);
      findTracked.ask();
    }),
  ];
  meet();
  return {
    current: () => states,
    remotes: () => remotes,
    keepRemote: (remote, found) => {
      remotes = new Map(
        found.map(({ path, here, there }) => [path, { remote, here: here.length, there: there.length }]),
      );
      changes.send(undefined);
    },
    tracked: () => tracked,
    onChange: (listener) => changes.listen(listener),
    refresh: (path) => {
      notBefore.clear();
      findTracked.ask();
      want(path === undefined ? known : [path]);
    },
    dispose: () => {
      disposed = true;
      clearTimeout(timer);
      findTracked.dispose();
      for (const stop of stops) stop();
    },
  };
};

const nextOf = (wanted: ReadonlySet<string>, notBefore: ReadonlyMap<string, number>, at: number): string | null =>
  [...wanted].find((path) => (notBefore.get(path) ?? 0) <= at) ?? null;

type Known = readonly { readonly name: string; readonly path: string; readonly pointer: string }[];

const touchedBy = (event: SidecarEvent, datasets: Known): readonly string[] => {
  if (event.type === 'dataTouched') return [event.path];
  if (event.type !== 'pointerMoved') return recountedBy(event, datasets);
  return datasets.filter(({ pointer }) => pointer === event.pointer).map(({ path }) => path);
};

/** Data sets that have got or lost a version: what a remote lacks of them is another number now. */
const recountedBy = (event: SidecarEvent, datasets: Known): readonly string[] => {
  if (event.type === 'datasetVersioned') return [event.dataset.path];
  if (event.type !== 'datasetForgotten') return [];
  return datasets.filter(({ name }) => name === event.dataset).map(({ path }) => path);
};
