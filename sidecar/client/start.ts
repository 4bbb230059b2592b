import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { CONTRACT_VERSION, Greeting, type Address, type Invitation } from '../contract/greeting.ts';
import { type Fault, diskFull, nodeTooOld, sidecarUnreachable } from '../faults.ts';
import { compileCache, sidecarEnvironment } from '../work/child-environment.ts';
import type { Found } from './find.ts';

/** Exit code of a sidecar that found another one in charge of the workspace. */
const LOCK_HELD = 75;
const OLD_NODE = 78;
const DISK_FULL = 74;
/** A loaded machine needs long to start a process with three native modules. */
const GREETING_TIMEOUT_MS = 30_000;

interface StartOptions {
  readonly workspace: string;
  readonly entry: string;
  readonly execPath?: string;
  readonly idleMs?: number;
  readonly onLog?: (line: string) => void;
}

/**
 * Starts a sidecar of its own process group and waits for its greeting. The token goes over stdin, so that it
 * never stands in an argument list, an environment or a log.
 * @returns null when another sidecar holds the workspace.
 * @throws Fault when it does not start; the sentence carries its last words.
 */
export const startSidecar = async (options: StartOptions): Promise<Found | null> => {
  const token = randomBytes(32).toString('hex');
  const child = fork(options.entry, [], {
    ...(options.execPath === undefined ? {} : { execPath: options.execPath }),
    env: { ...sidecarEnvironment(), ...compileCache() },
    execArgv: [],
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  });
  const invitation: Invitation = {
    contract: CONTRACT_VERSION,
    token,
    workspace: options.workspace,
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
  };
  // A child that dies before it reads breaks this pipe; its exit code tells why, below.
  child.stdin?.on('error', (error) => options.onLog?.(error.message));
  child.stdin?.end(`${JSON.stringify(invitation)}\n`);
  const lastWords = followLog(child, options.onLog);
  try {
    const greeting = await awaitGreeting(child, lastWords, options.workspace);
    if (greeting === null) return null;
    release(child);
    const address: Address = {
      startId: greeting.startId,
      pid: greeting.pid,
      socket: greeting.socket,
      token,
      contract: greeting.contract,
    };
    return { address, greeting };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
};

const followLog = (child: ChildProcess, onLog: ((line: string) => void) | undefined): (() => string) => {
  let last = '';
  let pending = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      last = line;
      onLog?.(line);
    }
  });
  return () => sentenceOf(pending || last);
};

/** What a line of the log says; its first line, when that is a stack. A line that is no JSON says itself. */
const sentenceOf = (line: string): string => {
  try {
    const { text } = JSON.parse(line) as { readonly text?: unknown };
    return typeof text === 'string' ? (text.split('\n')[0] ?? '') : line;
  } catch {
    return line;
  }
};

const awaitGreeting = (child: ChildProcess, lastWords: () => string, workspace: string): Promise<Greeting | null> =>
  new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(sidecarUnreachable(`no greeting within ${GREETING_TIMEOUT_MS / 1000} s; ${lastWords()}`)),
      GREETING_TIMEOUT_MS,
    );
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      child.stdout?.removeAllListeners('data');
      finish();
    };
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end < 0) return;
      settle(() => {
        try {
          resolve(Greeting.parse(JSON.parse(text.slice(0, end))));
        } catch (error) {
          reject(sidecarUnreachable(`its greeting was not understood (${String(error)})`));
        }
      });
    });
    child.on('error', (error) => settle(() => reject(sidecarUnreachable(error.message))));
    child.on('exit', (code, signal) =>
      settle(() => {
        if (code === LOCK_HELD) resolve(null);
        else if (code === DISK_FULL) reject(diskFull(workspace));
        else reject(explainExit(code, signal, lastWords()));
      }),
    );
  });

const explainExit = (code: number | null, signal: string | null, words: string): Fault =>
  code === OLD_NODE
    ? nodeTooOld(words || 'of this host')
    : sidecarUnreachable(`it ended at once (${signal ?? `exit code ${String(code)}`}); ${words}`);

/** Lets this process end while the sidecar lives on. */
const release = (child: ChildProcess): void => {
  if (child.connected) child.disconnect();
  child.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref?: () => void } | null)?.unref?.();
};
