import type { Deployment, Endpoint, EndpointAccess } from '../contract/deployment.ts';
import type { Hash } from '../contract/ids.ts';
import type { AliasMove, Model } from '../contract/model.ts';
import type { DriftReport, Watch } from '../contract/watch.ts';
import { endpointMissing, Fault } from '../faults.ts';
import type { EndpointRecord, WatchSettings } from '../store/endpoints.ts';
import { createLiveEndpoint, type EndpointNeeds, type LiveEndpoint } from './live-endpoint.ts';
import type { Reference } from './reference.ts';

export interface DeployRequest {
  readonly model: Pick<Model, 'name' | 'version'>;
  /** Object with what live traffic of this version is compared with. */
  readonly reference: Hash;
  readonly watch: WatchSettings;
  /** Port that the endpoint takes when it is opened; 0 for a free one. */
  readonly port: number;
}

/** The named endpoints of a workspace. Each has the name of its model; deployed is not yet open. */
export interface Endpoints {
  /** Remembers what a version is watched by, so that it can be deployed now or by a later move of the champion. */
  readonly prepare: (request: DeployRequest) => void;
  /** Makes a prepared version the one that its endpoint answers with. @throws Fault `model-invalid` */
  readonly deploy: (model: DeployRequest['model']) => Promise<Deployment>;
  /** What an endpoint answers with; null when nothing of that name is deployed. */
  readonly deployed: (name: string) => Deployment | null;
  /** The champion has moved: its endpoint answers with the version it points to, watched by that version's reference. */
  readonly follow: (move: Pick<AliasMove, 'model' | 'alias' | 'to'>) => Promise<void>;
  /** The watch over what is deployed. @throws Fault `endpoint-missing` */
  readonly watch: (endpoint: string) => Watch;
  /** Listens on 127.0.0.1 with this version. @throws Fault `model-missing`, `model-invalid`, `port-taken` */
  readonly open: (request: { model: string; version: number; port?: number | undefined }) => Promise<EndpointAccess>;
  /** @throws Fault `endpoint-missing` */
  readonly close: (name: string) => Promise<Endpoint>;
  readonly list: () => Endpoint[];
  /** @throws Fault `endpoint-missing` */
  readonly access: (name: string) => EndpointAccess;
  /** @throws Fault `endpoint-missing` */
  readonly drift: (name: string) => DriftReport;
  /** Whether any endpoint listens. */
  readonly listening: () => boolean;
  /** Opens those that were open when the sidecar ended, at the same address with the same token where possible. */
  readonly restoreAll: () => Promise<void>;
  /** Ends listening; what was open is opened again by `restoreAll`. */
  readonly closeAll: () => Promise<void>;
}

const TICK_MS = 1_000;
/** For a version that no run deployed: it is served, and there is nothing to compare its traffic with. */
const unwatched: Reference = { format: 1, windowRows: 200, features: [], accuracy: null };
const unwatchedSettings: WatchSettings = {
  windowRows: unwatched.windowRows,
  windowMs: 3_600_000,
  threshold: 'auto',
  columns: 'all',
  correction: 'bh',
  consecutive: 2,
};

export const createEndpoints = (needs: EndpointNeeds): Endpoints => {
  const { store, clock, log } = needs;
  const live = new Map<string, LiveEndpoint>();
  for (const record of store.list()) live.set(record.name, createLiveEndpoint(needs, record));
  const ticking = setInterval(() => {
    for (const endpoint of live.values()) endpoint.tick();
  }, TICK_MS);
  ticking.unref();

  const find = (name: string): LiveEndpoint => {
    const endpoint = live.get(name);
    if (endpoint === undefined) throw endpointMissing(name);
    return endpoint;
  };
  const add = (record: EndpointRecord): LiveEndpoint => {
    store.save(record);
    const endpoint = createLiveEndpoint(needs, record);
    live.set(record.name, endpoint);
    return endpoint;
  };

  const prepare = ({ model: { name, version }, reference, watch, port }: DeployRequest): void => {
    const known = live.get(name);
    if (known !== undefined) return known.prepare(version, reference, watch);
    add({
      name,
      open: false,
      port,
      lastPort: 0,
      token: null,
      deployment: { endpoint: name, model: name, version, reference, since: clock() },
      versions: { [version]: { reference, watch } },
    });
  };
  /** A version may be served without having been deployed by a run. */
  const prepareUnwatched = (name: string, version: number): void => {
    if (live.get(name)?.record().versions[version] !== undefined) return;
    const reference = needs.objects.put(Buffer.from(JSON.stringify(unwatched)));
    prepare({ model: { name, version }, reference, watch: unwatchedSettings, port: 0 });
  };

  // Two changes of one endpoint at once would leave it between two versions.
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    const result = (turns.get(name) ?? Promise.resolve()).then(work);
    turns.set(
      name,
      result.catch(() => undefined),
    );
    return result;
  };

  const access = (name: string): EndpointAccess => {
    const endpoint = find(name);
    return { ...endpoint.describe(), token: endpoint.record().token };
  };
  const isOpen = (endpoint: LiveEndpoint): boolean => endpoint.describe().state === 'serving';

  const listenAt = async (endpoint: LiveEndpoint, port: number | undefined): Promise<void> => {
    const { lastPort, port: asked, token } = endpoint.record();
    if (!isOpen(endpoint)) return endpoint.open(port ?? asked);
    if (port === undefined || port === 0 || port === lastPort) return;
    await endpoint.close('keep');
    await endpoint.open(port, token ?? undefined);
  };

  const open: Endpoints['open'] = ({ model, version, port }) =>
    inTurn(model, async () => {
      needs.models.get(model, version);
      prepareUnwatched(model, version);
      const endpoint = find(model);
      if (endpoint.record().deployment.version !== version) await endpoint.switchTo(version);
      await listenAt(endpoint, port);
      return access(model);
    });

  const restore = async (endpoint: LiveEndpoint): Promise<void> => {
    const { name, token, lastPort, port } = endpoint.record();
    const reopen = (at: number) => endpoint.open(at, token ?? undefined);
    try {
      await reopen(lastPort).catch((error: unknown) => {
        if (!(error instanceof Fault) || error.code !== 'port-taken') throw error;
        log('warn', `${error.message} The endpoint ${name} takes another one.`);
        return reopen(port === lastPort ? 0 : port);
      });
    } catch (error) {
      // One endpoint that cannot come back must not keep the others, or the sidecar, from starting.
      log('error', `The endpoint ${name} was open and could not be opened again: ${String(error)}`);
    }
  };

  return {
    prepare,
    deploy: ({ name, version }) => inTurn(name, () => find(name).switchTo(version)),
    deployed: (name) => live.get(name)?.record().deployment ?? null,
    follow: async ({ model, alias, to }) => {
      const endpoint = live.get(model);
      if (alias !== 'champion' || to === null || endpoint === undefined) return;
      await inTurn(model, async () => {
        if (endpoint.record().deployment.version === to) return;
        prepareUnwatched(model, to);
        await endpoint.switchTo(to);
      });
    },
    watch: (name) => {
      const endpoint = find(name);
      const { deployment, versions } = endpoint.record();
      const { windowRows, windowMs } = versions[deployment.version]?.watch ?? unwatchedSettings;
      const { version, reference, since } = deployment;
      return {
        endpoint: name,
        version,
        reference,
        features: [...endpoint.watcher().features],
        windowRows,
        windowMs,
        since,
      };
    },
    open,
    close: (name) =>
      inTurn(name, async () => {
        const endpoint = find(name);
        await endpoint.close('forget');
        return endpoint.describe();
      }),
    list: () => [...live.values()].map((endpoint) => endpoint.describe()).sort((a, b) => (a.name < b.name ? -1 : 1)),
    access,
    drift: (name) => find(name).drift(),
    listening: () => [...live.values()].some(isOpen),
    restoreAll: async () => {
      const wanted = [...live.values()].filter((endpoint) => endpoint.record().open);
      await Promise.all(wanted.map((endpoint) => inTurn(endpoint.record().name, () => restore(endpoint))));
    },
    closeAll: async () => {
      clearInterval(ticking);
      const all = [...live.values()];
      await Promise.all(all.map((endpoint) => inTurn(endpoint.record().name, () => endpoint.close('keep'))));
    },
  };
};
