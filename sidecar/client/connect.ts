import { setTimeout as sleep } from 'node:timers/promises';
import type { SidecarEvent } from '../contract/events.ts';
import type { Greeting } from '../contract/greeting.ts';
import type { Client } from '../contract/routes.ts';
import { sidecarUnreachable } from '../faults.ts';
import { createApiClient } from './api-client.ts';
import { openEventStream } from './event-stream.ts';
import { findSidecar, type Found } from './find.ts';
import { startSidecar } from './start.ts';

/** A third of the time after which the sidecar forgets a silent client. */
const LEASE_RENEWAL_MS = 5_000;
/** How often to look again while another process is starting the sidecar, and how long. */
const RACE_POLL_MS = 100;
const RACE_LIMIT_MS = 20_000;

export interface Connection {
  readonly client: Client;
  readonly greeting: Greeting;
  /** @returns stops the listener. */
  readonly onEvent: (listener: (event: SidecarEvent) => void) => () => void;
  /** Called once when the sidecar is gone. @returns stops the listener. */
  readonly onClosed: (listener: (why: string) => void) => () => void;
  /** Releases the lease and closes the event stream; the sidecar ends by itself when nobody needs it. */
  readonly dispose: () => Promise<void>;
}

export interface ConnectOptions {
  readonly workspace: string;
  /** Names this client, for example `vscode-4711`. */
  readonly clientName: string;
  /** Program of the sidecar: `dist/sidecar.cjs`, or `sidecar/main.ts` from source. */
  readonly entry: string;
  /** Node that runs it; default: the one that runs this. */
  readonly execPath?: string;
  readonly start: 'if-needed' | 'never';
  /** How long a sidecar that nobody needs stays, in milliseconds. */
  readonly idleMs?: number;
  /** Receives the log lines (JSON) of a sidecar that this call started. */
  readonly onLog?: (line: string) => void;
}

/**
 * Finds the sidecar of a workspace, or starts it, and holds a lease on it.
 * @throws Fault `sidecar-unreachable`, `contract-mismatch` or `node-too-old`.
 */
export const connect = async (options: ConnectOptions): Promise<Connection> => {
  const { address, greeting } = await findOrStart(options);
  const client = createApiClient(address);
  const listeners = new Set<(event: SidecarEvent) => void>();
  const closers = new Set<(why: string) => void>();
  await client.renewLease({ client: options.clientName });
  const renewing = new AbortController();
  const closed = (why: string) => {
    renewing.abort();
    for (const closer of closers) closer(why);
    closers.clear();
  };
  const stream = await openEventStream(
    address,
    (event) => {
      for (const listener of listeners) listener(event);
    },
    closed,
  );
  const renewal = setInterval(() => {
    client.renewLease({ client: options.clientName }).catch((error: unknown) => closed(String(error)));
  }, LEASE_RENEWAL_MS);
  renewal.unref();
  renewing.signal.addEventListener('abort', () => clearInterval(renewal));
  return {
    client,
    greeting,
    onEvent: (listener) => add(listeners, listener),
    onClosed: (listener) => add(closers, listener),
    dispose: async () => {
      renewing.abort();
      closers.clear();
      stream.close();
      await client.releaseLease({ client: options.clientName });
    },
  };
};

const add = <Item>(set: Set<Item>, item: Item) => {
  set.add(item);
  return () => void set.delete(item);
};

const findOrStart = async (options: ConnectOptions): Promise<Found> => {
  const deadline = Date.now() + RACE_LIMIT_MS;
  for (;;) {
    const found = await findSidecar(options.workspace);
    if (found !== null) return found;
    if (options.start === 'never') throw sidecarUnreachable('none runs for this workspace');
    const started = await startSidecar(options);
    if (started !== null) return started;
    if (Date.now() > deadline) throw sidecarUnreachable('another one holds the workspace but does not answer');
    await sleep(RACE_POLL_MS);
  }
};
