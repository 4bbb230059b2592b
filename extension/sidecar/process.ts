import type { Client } from '../../sidecar/contract/routes.ts';
import type { Connection } from '../../sidecar/client/connect.ts';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import { createSignal } from '../signal.ts';
import { nextWait } from './backoff.ts';
import { sayFault } from './fault.ts';

export type SidecarState = 'restricted' | 'idle' | 'starting' | 'ready' | 'restarting' | 'failed';

/** The sidecar of this workspace, as the rest of the extension sees it. */
export interface Sidecar {
  readonly state: () => SidecarState;
  /** The client, when one is connected right now. */
  readonly client: () => Client | null;
  /** Connects when needed, and starts a sidecar when none runs. Rejects with the fault that prevented it. */
  readonly ready: () => Promise<Client>;
  readonly onState: (listener: (state: SidecarState) => void) => () => void;
  readonly onEvent: (listener: (event: SidecarEvent) => void) => () => void;
  /** Ends the running one, for all windows, and starts another. */
  readonly restart: () => Promise<void>;
  /** The workspace has become trusted. */
  readonly allow: () => void;
  readonly dispose: () => Promise<void>;
}

export interface SidecarNeeds {
  readonly connect: () => Promise<Connection>;
  /** Whether processes may be started: only in a trusted workspace. */
  readonly mayStart: () => boolean;
  readonly wait: (ms: number) => Promise<void>;
  readonly now: () => number;
  readonly log: { readonly info: (text: string) => void; readonly warn: (text: string) => void };
}

/** Faults that another start would only repeat. */
const lasting = new Set(['node-too-old', 'contract-mismatch', 'store-newer', 'store-damaged']);

/** Keeps a sidecar connected: starts it on first need, and again with growing waits when it dies. */
export const superviseSidecar = (needs: SidecarNeeds): Sidecar => {
  const states = createSignal<SidecarState>();
  const events = createSignal<SidecarEvent>();
  let state: SidecarState = needs.mayStart() ? 'idle' : 'restricted';
  let connection: Connection | null = null;
  let connecting: Promise<Client> | null = null;
  let failures: number[] = [];
  let disposed = false;

  const enter = (next: SidecarState) => {
    if (state === next) return;
    state = next;
    states.send(next);
  };

  const adopt = (made: Connection): Client => {
    connection = made;
    made.onEvent(events.send);
    made.onClosed((why) => {
      if (disposed || connection !== made) return;
      connection = null;
      needs.log.warn(`The sidecar is gone: ${why}`);
      failures.push(needs.now());
      begin('restarting').catch((error: unknown) => needs.log.warn(`No restart: ${sayFault(error)}`));
    });
    needs.log.info(`Connected to sidecar ${made.greeting.version}, process ${made.greeting.pid}`);
    enter('ready');
    return made.client;
  };

  const attempt = async (): Promise<Client> => {
    for (;;) {
      const wait = nextWait(failures, needs.now());
      if (wait !== null && wait > 0) await needs.wait(wait);
      try {
        return adopt(await needs.connect());
      } catch (error) {
        failures.push(needs.now());
        needs.log.warn(`The sidecar did not start: ${sayFault(error)}`);
        if (!disposed && !isLasting(error) && nextWait(failures, needs.now()) !== null) continue;
        enter('failed');
        throw error;
      }
    }
  };

  const begin = (as: 'starting' | 'restarting'): Promise<Client> => {
    enter(as);
    connecting ??= attempt().finally(() => {
      connecting = null;
    });
    return connecting;
  };

  const ready = (): Promise<Client> => {
    if (!needs.mayStart())
      return Promise.reject(new Error('Nothing is started in Restricted Mode. Trust this folder first.'));
    if (connection !== null) return Promise.resolve(connection.client);
    if (state === 'failed') failures = [];
    return begin(state === 'restarting' ? 'restarting' : 'starting');
  };

  return {
    state: () => state,
    client: () => connection?.client ?? null,
    ready,
    onState: states.listen,
    onEvent: events.listen,
    restart: async () => {
      const old = connection;
      connection = null;
      failures = [];
      if (old !== null) {
        enter('restarting');
        await old.client
          .shutdown({})
          .catch((error: unknown) => needs.log.warn(`It was gone already: ${sayFault(error)}`));
        await old.dispose().catch((error: unknown) => needs.log.info(`Released: ${sayFault(error)}`));
      }
      await ready();
    },
    allow: () => {
      if (state === 'restricted' && needs.mayStart()) enter('idle');
    },
    dispose: async () => {
      disposed = true;
      const old = connection;
      connection = null;
      await old?.dispose();
    },
  };
};

const isLasting = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && lasting.has(String(error.code));
