import type { Announcement } from '../contract/events.ts';
import type { Deployment, Endpoint } from '../contract/deployment.ts';
import type { Hash } from '../contract/ids.ts';
import type { Model } from '../contract/model.ts';
import type { DriftReport } from '../contract/watch.ts';
import type { LogLevel } from '../pipeline/job.ts';
import type { EndpointRecord, EndpointStore, WatchSettings } from '../store/endpoints.ts';
import type { LivePredictionStore } from '../store/live-predictions.ts';
import type { WindowStore } from '../store/windows.ts';
import type { Codec } from './codec.ts';
import { createEndpoint, type EndpointProcess } from './endpoint.ts';
import type { Outcome } from './outcomes.ts';
import { createPacedQueue } from './paced-queue.ts';
import { createRecorder } from './recorder.ts';
import type { Reference } from './reference.ts';
import { sliceValues } from './row-values.ts';
import type { Observation, TrafficFigures } from './route.ts';
import type { Served } from './served-model.ts';
import { createThrottle } from './throttle.ts';
import { predictedName } from './watched.ts';
import { createWatcher, type Watcher } from './watcher.ts';

/** What endpoints are made from. */
export interface EndpointNeeds {
  readonly store: EndpointStore;
  readonly windows: WindowStore;
  readonly predictions: LivePredictionStore;
  readonly objects: { readonly get: (hash: Hash) => Uint8Array; readonly put: (bytes: Uint8Array) => Hash };
  readonly models: { readonly get: (name: string, version: number) => Model };
  readonly codec: Codec;
  readonly announce: (announcement: Announcement) => void;
  readonly clock: () => number;
  readonly log: (level: LogLevel, text: string) => void;
  /** Path of the program of the inference thread. */
  readonly inferenceEntry: string;
}

/** One named endpoint: what is deployed, the watch over it, and, while it is open, the process that listens. */
export interface LiveEndpoint {
  readonly record: () => EndpointRecord;
  readonly describe: () => Endpoint;
  readonly drift: () => DriftReport;
  readonly watcher: () => Watcher;
  /** Remembers how a version is to be watched, should it be deployed. */
  readonly prepare: (version: number, reference: Hash, watch: WatchSettings) => void;
  /** Makes a version the one that answers, with its own reference. @throws Fault `model-invalid`, and nothing changes */
  readonly switchTo: (version: number) => Promise<Deployment>;
  /** Begins to listen. @throws Fault `port-taken`, `model-invalid` */
  readonly open: (port: number, token?: string) => Promise<void>;
  /** Ends listening. @param next `keep` when it is to listen again with the next start of the sidecar */
  readonly close: (next: 'forget' | 'keep') => Promise<void>;
  /** Closes windows whose time is over and writes what waits. */
  readonly tick: () => void;
}

const noTraffic: TrafficFigures = {
  requests: 0,
  errors: 0,
  rows: 0,
  latencyMs: { p50: null, p95: null },
  lastRequestAt: null,
};
const CHANGES_EVERY_MS = 500;
/** Inputs that wait to be watched, in numbers: 64 MiB. Beyond that rows are answered and not watched. */
const WAITING_NUMBERS = 16 * 1024 * 1024;

export const createLiveEndpoint = (needs: EndpointNeeds, first: EndpointRecord): LiveEndpoint => {
  const { name } = first;
  const { store, clock, announce } = needs;
  let record = first;
  let listening: EndpointProcess | null = null;
  let lastTraffic = noTraffic;
  /** The one that is deployed; during a switch also the one before, whose last answers are still to be counted. */
  const watchers = new Map<number, Watcher>();
  const bear = bearing((error) =>
    needs.log('error', `The watch over ${name} could not go on as usual: ${String(error)}`),
  );
  const windows: WindowStore = {
    ...needs.windows,
    add: bear(needs.windows.add),
    saveOpen: bear(needs.windows.saveOpen),
  };
  const recorder = createRecorder({
    endpoint: name,
    store: { ...needs.predictions, add: bear(needs.predictions.add), prune: bear(needs.predictions.prune) },
    clock,
  });
  const changed = createThrottle(CHANGES_EVERY_MS, () => announce({ type: 'endpointChanged', endpoint: describe() }));

  const save = (change: Partial<EndpointRecord>): void => {
    record = { ...record, ...change };
    store.save(record);
  };
  const traffic = (): TrafficFigures => listening?.stats() ?? lastTraffic;
  const describe = (): Endpoint => ({
    name,
    state: listening === null ? 'stopped' : 'serving',
    url: listening?.url ?? null,
    deployment: record.deployment,
    ...traffic(),
  });

  const load = (version: number): Served => {
    const { model, features } = needs.models.get(name, version);
    return { model: name, version, features, onnx: new Uint8Array(needs.objects.get(model)) };
  };
  const watch = (version: number): Watcher => {
    const known = watchers.get(version);
    if (known !== undefined) return known;
    const prepared = preparedFor(record, version);
    const watcher = createWatcher({
      ...needs,
      windows,
      endpoint: name,
      served: { version, features: needs.models.get(name, version).features },
      reference: JSON.parse(Buffer.from(needs.objects.get(prepared.reference)).toString()) as Reference,
      settings: prepared.watch,
      onMeasured: (figures) => listening?.metrics.drift(figures),
    });
    watchers.set(version, watcher);
    return watcher;
  };

  const observeRow = (pending: Pending): void => {
    const { model, input, ids } = pending.observation;
    pending.outcomes ??= pending.observation.outcomes();
    const outcome = pending.outcomes[pending.row];
    if (outcome === undefined) return;
    const { version, features } = model.served;
    const row = sliceValues(input, pending.row * model.rowLength, (pending.row + 1) * model.rowLength);
    watchers.get(version)?.observe(row, outcome);
    const predicted = predictedName(outcome.predicted, features);
    recorder.add({ id: ids[pending.row] ?? '', version, at: clock(), predicted, confidence: outcome.confidence });
  };
  const observations = createPacedQueue<Pending>(WAITING_NUMBERS, (pending) => {
    bear(observeRow)(pending);
    pending.row += 1;
    return pending.row >= pending.observation.rows;
  });
  const judged = () => {
    const { version } = record.deployment;
    return { version, task: needs.models.get(name, version).features.task };
  };

  const prepare: LiveEndpoint['prepare'] = (version, reference, settings) => {
    save({ versions: { ...record.versions, [version]: { reference, watch: settings } } });
    // One that answers already is watched by what it was prepared with last, from the next row on.
    watchers.get(version)?.keep();
    if (watchers.delete(version)) watch(version);
  };

  const switchTo = async (version: number): Promise<Deployment> => {
    const { reference } = preparedFor(record, version);
    const before = record.deployment.version;
    watch(version);
    try {
      await listening?.swap(load(version));
    } catch (error) {
      if (version !== before) watchers.delete(version);
      throw error;
    }
    observations.drain();
    const deployment: Deployment = { endpoint: name, model: name, version, reference, since: clock() };
    save({ deployment });
    if (version !== before) {
      watchers.get(before)?.keep();
      watchers.delete(before);
    }
    changed.now();
    return deployment;
  };

  const open: LiveEndpoint['open'] = async (port, token) => {
    const { version } = record.deployment;
    watch(version);
    listening = await createEndpoint({
      ...needs,
      name,
      port,
      ...(token === undefined ? {} : { token }),
      served: load(version),
      now: clock,
      onChange: changed.soon,
      watch: {
        observe: (observation) => {
          if (!observations.add({ observation, row: 0, outcomes: null }, observation.input.length)) {
            listening?.metrics.unwatched(observation.rows);
          }
        },
        label: (labels) => {
          observations.drain();
          const receipt = recorder.label(labels, judged());
          listening?.metrics.realized(receipt.realized.accuracy);
          return receipt;
        },
      },
    });
    save({ open: true, lastPort: listening.port, token: listening.token });
    changed.now();
  };

  const close: LiveEndpoint['close'] = async (next) => {
    const closing = listening;
    if (closing !== null) {
      await closing.close();
      lastTraffic = closing.stats();
      listening = null;
    }
    observations.drain();
    recorder.flush();
    for (const watcher of watchers.values()) watcher.keep();
    if (next === 'forget') save({ open: false, token: null });
    changed.now();
  };

  return {
    record: () => record,
    describe,
    drift: () => watch(record.deployment.version).report(recorder.realized(judged())),
    watcher: () => watch(record.deployment.version),
    prepare,
    switchTo,
    open,
    close,
    tick: () => {
      recorder.flush();
      if (listening !== null) for (const watcher of watchers.values()) watcher.tick();
    },
  };
};

/** A full disk must not take an endpoint down, nor the watch: it goes on in memory. */
const bearing =
  (tell: (error: unknown) => void) =>
  <Given extends readonly unknown[]>(work: (...given: Given) => void) =>
  (...given: Given): void => {
    try {
      work(...given);
    } catch (error) {
      tell(error);
    }
  };

/** One observation on its way through the watch, row by row. */
interface Pending {
  readonly observation: Observation;
  row: number;
  outcomes: readonly Outcome[] | null;
}

const preparedFor = (record: EndpointRecord, version: number): EndpointRecord['versions'][string] => {
  const prepared = record.versions[version];
  if (prepared === undefined) throw new Error(`Version ${version} of ${record.name} was not prepared.`);
  return prepared;
};
