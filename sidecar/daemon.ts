import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { CONTRACT_VERSION, type Address, type Greeting, type Invitation } from './contract/greeting.ts';
import { composeWorkspace, type Workspace, type WorkspaceNeeds } from './compose.ts';
import { Fault, contractMismatch } from './faults.ts';
import { createControlServer } from './http/control.ts';
import { socketPathOf } from './http/socket-path.ts';
import { createLog, fileSink, type Log } from './log.ts';
import { takeLock, type Lock } from './store/lock.ts';
import { productVersion } from './product-version.ts';
import { layoutOf, type Layout } from './workspace/layout.ts';

const EXIT_DAMAGED = 65;
const EXIT_LOCK_HELD = 75;
/** How long a sidecar that nobody needs stays. */
const IDLE_MS = 30_000;
const LOOK_EVERY_MS = 500;
/** After this, whatever still drains is given up: correctness never depends on a tidy end. */
const DRAIN_LIMIT_MS = 4_000;

/** Takes charge of the workspace, listens, and greets. Ends the process when it is no longer needed. */
export const startDaemon = async (invitation: Invitation, startId: string): Promise<void> => {
  if (invitation.contract !== CONTRACT_VERSION) throw contractMismatch(CONTRACT_VERSION, invitation.contract);
  const layout = layoutOf(invitation.workspace);
  prepareHome(layout);
  const log = createLog([stderrSink, fileSink(layout.logs)], [invitation.token]).with({ startId });
  const lock = takeLock(layout.lock);
  if (lock === null) process.exit(EXIT_LOCK_HELD);

  const socket = socketPathOf(invitation.workspace);
  const greeting = greet(invitation, startId, socket);
  let stopping: Promise<void> | undefined;
  const stop = (why: string) => {
    stopping ??= drain({ why, log, layout, lock, server, workspace });
  };
  const workspace = open(layout, log, { greeting, stop: () => setImmediate(stop, 'asked to') });
  const complete: Greeting = { ...greeting, ...workspace.versions };
  const server = createControlServer({ ...workspace, token: invitation.token, log });
  await listen(server, socket);
  writeAddress(layout, { startId, pid: process.pid, socket, token: invitation.token, contract: CONTRACT_VERSION });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  endWhenIdle(layout, workspace, invitation.idleMs ?? IDLE_MS, stop);
  log.info('sidecar ready', { pid: process.pid, node: process.version });
  process.stdout.write(`${JSON.stringify(complete)}\n`);
};

const stderrSink = (line: string): void => {
  if (process.stderr.writable) process.stderr.write(`${line}\n`);
};

const greet = (invitation: Invitation, startId: string, socket: string): Omit<Greeting, 'sqlite' | 'onnxruntime'> => ({
  product: 'trainyard',
  contract: CONTRACT_VERSION,
  version: productVersion,
  startId,
  workspace: invitation.workspace,
  pid: process.pid,
  socket,
  node: process.version,
});

const prepareHome = (layout: Layout): void => {
  mkdirSync(layout.home, { recursive: true, mode: 0o700 });
  // Nothing in here belongs to the user's repository.
  writeFileSync(`${layout.home}/.gitignore`, '*\n');
};

const open = (layout: Layout, log: Log, life: WorkspaceNeeds['life']): Workspace => {
  try {
    return composeWorkspace({ layout, log, life });
  } catch (error) {
    if (!(error instanceof Fault) || !error.code.startsWith('store-')) throw error;
    log.error(error.message, { hint: error.hint });
    process.exit(EXIT_DAMAGED);
  }
};

const listen = (server: Server, socket: string): Promise<void> =>
  new Promise((resolve, reject) => {
    // Only the holder of the lock comes here, so a socket file that is still there was left by a dead sidecar.
    if (process.platform !== 'win32') rmSync(socket, { force: true });
    server.once('error', reject);
    server.listen(socket, () => {
      if (process.platform !== 'win32') chmodSync(socket, 0o600);
      resolve();
    });
  });

/** Whole or not at all: a client never reads half an address. */
const writeAddress = (layout: Layout, address: Address): void => {
  const draft = `${layout.address}.new`;
  writeFileSync(draft, JSON.stringify(address), { mode: 0o600 });
  renameSync(draft, layout.address);
};

const endWhenIdle = (layout: Layout, workspace: Workspace, idleMs: number, stop: (why: string) => void): void => {
  let neededAt = performance.now();
  setInterval(() => {
    // Whoever deletes the workspace is done with it, open endpoints included.
    if (!existsSync(layout.lock)) stop('its workspace is gone');
    else if (workspace.needed()) neededAt = performance.now();
    else if (performance.now() - neededAt >= idleMs) stop('nobody needs it');
  }, LOOK_EVERY_MS);
};

interface Drain {
  readonly why: string;
  readonly log: Log;
  readonly layout: Layout;
  readonly lock: Lock;
  readonly server: Server;
  readonly workspace: Workspace;
}

const drain = async ({ why, log, layout, lock, server, workspace }: Drain): Promise<void> => {
  log.info('sidecar ends', { why });
  setTimeout(() => process.exit(0), DRAIN_LIMIT_MS).unref();
  rmSync(layout.address, { force: true });
  server.close();
  await workspace.close();
  server.closeAllConnections();
  lock.release();
  process.exit(0);
};
