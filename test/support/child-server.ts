import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildServer {
  readonly port: number;
  /** Lines that it has written so far; servers write one a request. */
  readonly lines: () => number;
  readonly stop: () => Promise<void>;
}

interface ServerCommand {
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  readonly env?: NodeJS.ProcessEnv | ((port: number) => NodeJS.ProcessEnv);
  readonly cwd?: string;
}

const STARTS_WITHIN_MS = 120_000;

/** A server in a process of its own on a free port of 127.0.0.1; it is up when this returns. */
export const startServer = async ({ program, args, env, cwd }: ServerCommand): Promise<ChildServer> => {
  const port = await freePort();
  // A file, and not a pipe: whoever measures does not read meanwhile, and a full pipe stops the server.
  const folder = mkdtempSync(join(tmpdir(), 'server-'));
  const file = openSync(join(folder, 'log'), 'w+');
  const said = () => readFileSync(join(folder, 'log'), 'utf8');
  const environment = typeof env === 'function' ? env(port) : (env ?? process.env);
  const child = spawn(program, args(port), { env: environment, cwd, stdio: ['ignore', file, file] });
  closeSync(file);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + STARTS_WITHIN_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      const words = said().slice(-4000);
      await stop();
      throw new Error(`${program} did not start:\n${words}`);
    }
    await sleep(100);
  }
  return { port, lines: () => said().split('\n').length - 1, stop };
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
