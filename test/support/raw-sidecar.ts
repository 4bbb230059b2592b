import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { Address, CONTRACT_VERSION, Greeting, type Invitation } from '../../sidecar/contract/greeting.ts';
import { layoutOf } from '../../sidecar/workspace/layout.ts';
import { entryPath } from '../../sidecar/work/entry.ts';

/** What a running sidecar has written into its address file. */
export const addressOf = (root: string): Address =>
  Address.parse(JSON.parse(readFileSync(layoutOf(root).address, 'utf8')));

interface RawReply {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

interface RawRequest {
  readonly method?: string;
  readonly path: string;
  /** Replace or, with undefined, leave out what a client of ours sends. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** A request with nothing added that a client would add, except the token where none is given. */
export const ask = async ({ socket, token }: Address, asked: RawRequest): Promise<RawReply> => {
  const given: Readonly<Record<string, string | undefined>> = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...asked.headers,
  };
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const sent = request({ socketPath: socket, method: asked.method ?? 'POST', path: asked.path, headers });
  // A refusal may come before the whole body has been taken, and the rest then breaks.
  sent.on('error', () => undefined);
  sent.end(asked.body);
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of reply.setEncoding('utf8')) text += String(part);
  return { status: reply.statusCode ?? 0, text, json: parsed(text) };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export interface RawSidecar {
  readonly child: ChildProcess;
  readonly token: string;
  /** Null when the process ended without one. */
  readonly greeting: Greeting | null;
  /** Everything it has logged on stderr so far. */
  readonly log: () => string;
  readonly exitCode: Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** A sidecar process started by hand, without any client that would renew a lease. */
export const spawnSidecar = async (root: string, changes: Partial<Invitation> = {}): Promise<RawSidecar> => {
  const token = changes.token ?? randomBytes(32).toString('hex');
  const child = spawn(process.execPath, [entryPath('main')], { stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  void exitCode.then(() => running.delete(child));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  child.stdin.end(JSON.stringify({ contract: CONTRACT_VERSION, workspace: root, ...changes, token }));
  let said = '';
  for await (const part of child.stdout.setEncoding('utf8')) {
    said += String(part);
    if (said.includes('\n')) break;
  }
  return {
    child,
    token,
    exitCode,
    log: () => log,
    greeting: said === '' ? null : Greeting.parse(JSON.parse(said)),
  };
};

/** Ends those that were started by hand and still run. */
export const killSidecars = (): void => {
  for (const child of running) child.kill('SIGKILL');
};
