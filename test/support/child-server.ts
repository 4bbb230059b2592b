import { spawn } from 'node:child_process';
import { createServer, connect, type AddressInfo } from 'node:net';
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
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const STARTS_WITHIN_MS = 120_000;

/** A server in a process of its own on a free port of 127.0.0.1; it is up when this returns. */
export const startServer = async ({ program, args, env, cwd }: ServerCommand): Promise<ChildServer> => {
  const port = await freePort();
  const child = spawn(program, args(port), { env: env ?? process.env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let lines = 0;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
      lines += text.split('\n').length - 1;
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  const until = Date.now() + STARTS_WITHIN_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`${program} did not start:\n${said}`);
    }
    await sleep(100);
  }
  return { port, lines: () => lines, stop };
};

export const freePort = async (): Promise<number> => {
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
