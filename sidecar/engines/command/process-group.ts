import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ProcessGroup {
  readonly child: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Asks every process of the group to end. */
  readonly askToEnd: () => void;
  /** Ends every process of the group. */
  readonly end: () => void;
}

/**
 * Runs beside the command and in its group. File 3 is a pipe whose other end only we hold: when we die, however suddenly,
 * the read ends, and the group is asked to end and then ended. A command that starts a session of its own (setsid)
 * leaves the group and with it this protection.
 */
const watchParent =
  '( trap "" TERM INT HUP; read -r word <&3; kill -TERM -$$; sleep 5; kill -KILL -$$ ) </dev/null >/dev/null 2>&1 &';

/**
 * Starts a command line by the platform's shell (`/bin/sh`; `cmd.exe` on Windows) in a process group of its own, so that
 * what it starts can be ended with it. Windows has no groups: the tree below the shell is ended there, and it outlives a
 * sudden death of ours.
 */
export const startGroup = (command: string, cwd: string, env: Readonly<Record<string, string>>): ProcessGroup =>
  process.platform === 'win32' ? startTree(command, cwd, env) : startPosixGroup(command, cwd, env);

const startPosixGroup = (command: string, cwd: string, env: Readonly<Record<string, string>>): ProcessGroup => {
  const child = spawn('/bin/sh', ['-c', `${watchParent} exec 3<&-; exec /bin/sh -c "$1"`, 'sh', command], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  return {
    ...withOutput(child),
    askToEnd: () => signalGroup(child.pid, 'SIGTERM'),
    end: () => signalGroup(child.pid, 'SIGKILL'),
  };
};

/** Both are pipes, as `stdio` asked for; the type of `spawn` cannot say so. */
const withOutput = (child: ChildProcess) => ({
  child,
  stdout: child.stdout as Readable,
  stderr: child.stderr as Readable,
});

const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!isGone) throw error;
  }
};

const startTree = (command: string, cwd: string, env: Readonly<Record<string, string>>): ProcessGroup => {
  const child = spawn(command, { cwd, env, shell: true, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => {
    if (child.pid !== undefined) spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { windowsHide: true });
  };
  return { ...withOutput(child), askToEnd: end, end };
};
