import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { dvcBusy } from '../../faults.ts';
import { readText } from './read-text.ts';

/** DVC itself gives up after three seconds. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 250;

/**
 * Does something while no DVC process works in the repository, and none can begin to. DVC locks `.dvc/tmp/lock` by
 * `flock`, which Node does not offer: `flock` of util-linux or Perl holds it for us. Where there is neither, as on
 * Windows, it is seen whether DVC holds the lock, and what DVC begins later is not kept from it; every object is
 * written whole or not at all in either case.
 * @throws Fault `store-locked` when a DVC process holds the lock and does not let go of it within three seconds
 */
export const withDvcLock = async <Result>(root: string, act: () => Promise<Result>): Promise<Result> => {
  const file = join(root, '.dvc', 'tmp', 'lock');
  mkdirSync(join(root, '.dvc', 'tmp'), { recursive: true });
  const release = await acquire(file);
  try {
    return await act();
  } finally {
    await release();
  }
};

type Release = () => Promise<void>;

const acquire = async (file: string): Promise<Release> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const release = await tryAcquire(file);
    if (release !== null) return release;
    if (performance.now() > deadline) throw dvcBusy(file, readText(file)?.trim() ?? '');
    await wait(RETRY_MS);
  }
};

/** Programs that hold a lock until their input ends, and say so on their output. */
const holders = [
  { program: 'flock', args: (file: string) => ['--nonblock', file, 'sh', '-c', 'echo held; cat'] },
  {
    program: 'perl',
    args: (file: string) => [
      '-MFcntl=:flock',
      '-e',
      'open(F, ">>", $ARGV[0]) && flock(F, LOCK_EX | LOCK_NB) || exit 1; $| = 1; print "held\\n"; 1 while <STDIN>',
      file,
    ],
  },
];

/** @returns null when somebody else holds it */
const tryAcquire = async (file: string): Promise<Release | null> => {
  if (process.platform === 'win32') return isByteLocked(file) ? null : () => Promise.resolve();
  for (const { program, args } of holders) {
    const held = await hold(program, args(file));
    if (held !== 'not installed') return held;
  }
  return isOwnerAlive(file) ? null : () => Promise.resolve();
};

const hold = (program: string, args: readonly string[]): Promise<Release | null | 'not installed'> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    child.once('error', (error) => {
      if ('code' in error && error.code === 'ENOENT') resolve('not installed');
      else reject(error);
    });
    child.stdout.once('data', () => resolve(() => letGo(child)));
    child.once('close', () => resolve(null));
  });

const letGo = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('close', () => resolve());
    child.stdin?.end();
  });

/** On Windows DVC locks the first byte, and who reads it is refused. */
const isByteLocked = (file: string): boolean => {
  if (!existsSync(file)) return false;
  const handle = openSync(file, 'r');
  try {
    readSync(handle, Buffer.alloc(1));
    return false;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EBUSY' || error.code === 'EPERM')) return true;
    throw error;
  } finally {
    closeSync(handle);
  }
};

/** The file holds the number of the process that locked it last. */
const isOwnerAlive = (file: string): boolean => {
  const owner = Number(readText(file)?.trim() ?? '');
  if (!Number.isInteger(owner) || owner <= 0) return false;
  try {
    return process.kill(owner, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
