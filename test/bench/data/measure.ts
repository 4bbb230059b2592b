import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** What a program took, with all that it started. */
export interface Cost {
  /** Seconds by the clock. */
  readonly wall: number;
  /** Seconds of all processors. */
  readonly cpu: number;
  /** Largest memory of one of its processes, in MB. */
  readonly peakMb: number;
}

export interface Bench {
  readonly scratch: string;
  /** @throws Error when the program fails */
  readonly measure: (command: readonly string[]) => Cost;
  /** Runs a program that is not measured. */
  readonly call: (command: readonly string[]) => void;
  /** An empty folder in the scratch folder. */
  readonly fresh: (name: string) => string;
  /**
   * Takes a file or folder out of the way. Nothing is removed before the end: a file system without a journal passes
   * over every file of the last minutes that was removed each time it makes one, and the next contender would pay for it.
   */
  readonly putAway: (path: string) => void;
  /** Lets the disk write what waits, and time stamps become old enough to be trusted. */
  readonly settle: () => void;
  /** @throws Error when they differ */
  readonly sameFolders: (one: string, other: string) => void;
}

const program = join(import.meta.dirname, 'measure.py');

export const createBench = (scratch: string): Bench => {
  mkdirSync(scratch, { recursive: true });
  // Nothing of the user's own settings, and nothing of the network.
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    RESTIC_PASSWORD: 'x',
    // As the product does.
    NODE_COMPILE_CACHE: join(scratch, 'compiled'),
    DVC_NO_ANALYTICS: '1',
    DVC_SITE_CACHE_DIR: join(scratch, 'dvc-site'),
  };
  const call = (command: readonly string[]) => {
    const [name = '', ...args] = command;
    execFileSync(name, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  const away = join(scratch, 'away');
  mkdirSync(away);
  let put = 0;
  const putAway = (path: string) => {
    if (existsSync(path)) renameSync(path, join(away, String(put++)));
  };
  return {
    scratch,
    call,
    putAway,
    fresh: (name) => {
      const folder = join(scratch, name);
      putAway(folder);
      mkdirSync(folder);
      return folder;
    },
    measure: (command) => {
      const ran = spawnSync('python3', [program, ...command], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const { code, ...cost } = JSON.parse(ran.stdout) as Cost & { readonly code: number };
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
      return cost;
    },
    settle: () => call(['sh', '-c', 'sync; sleep 0.3']),
    sameFolders: (one, other) => call(['diff', '-r', one, other]),
  };
};
