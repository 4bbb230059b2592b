import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { installPeer } from '../../tools/peers/install.ts';
import { freshFolder } from '../support/fresh-folder.ts';

export interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A Git repository with the real DVC in it. */
export interface DvcRepository {
  readonly root: string;
  readonly path: (inside: string) => string;
  readonly write: (files: Readonly<Record<string, string | Uint8Array>>) => void;
  /** Answers whatever the exit code is. */
  readonly try: (...args: string[]) => Answer;
  /** @returns null when it has not ended by itself after so many milliseconds; it is ended then */
  readonly tryFor: (limitMs: number, ...args: string[]) => Answer | null;
  /** @throws Error with what DVC wrote when it fails */
  readonly dvc: (...args: string[]) => string;
  readonly git: (...args: string[]) => string;
}

let python: string;

export const installDvc = async (): Promise<void> => {
  python = await installPeer('dvc');
};

/** Nothing of DVC's is shared between tests, and it tells nobody that it runs. */
const environmentOf = (root: string): NodeJS.ProcessEnv => ({
  ...process.env,
  DVC_NO_ANALYTICS: '1',
  DVC_SITE_CACHE_DIR: join(root, '.site'),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
});

export const runIn = (root: string, program: string, args: readonly string[]): Answer => {
  const answer = runFor(60_000, root, program, args);
  if (answer === null) throw new Error(`${program} ${args.join(' ')} did not end`);
  return answer;
};

const runFor = (limitMs: number, root: string, program: string, args: readonly string[]): Answer | null => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    env: environmentOf(root),
    encoding: 'utf8',
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  if (error === undefined) return { code: status, out: stdout, err: stderr };
  if ('code' in error && error.code === 'ETIMEDOUT') return null;
  throw error;
};

const must = (name: string, { code, out, err }: Answer): string => {
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${out}\n${err}`);
  return out;
};

/** @param as `dvc init` leaves it, or a mere Git repository */
export const dvcRepository = (as: 'initialized' | 'git' = 'initialized'): DvcRepository => {
  const root = freshFolder();
  const path = (inside: string) => join(root, inside);
  const tryDvc = (...args: string[]) => runIn(root, python, ['-m', 'dvc', ...args]);
  const tryFor = (limitMs: number, ...args: string[]) => runFor(limitMs, root, python, ['-m', 'dvc', ...args]);
  const repository: DvcRepository = {
    root,
    path,
    write: (files) => {
      for (const [name, bytes] of Object.entries(files)) {
        mkdirSync(dirname(path(name)), { recursive: true });
        writeFileSync(path(name), bytes, { mode: 0o644 });
      }
    },
    try: tryDvc,
    tryFor,
    dvc: (...args) => must(`dvc ${args.join(' ')}`, tryDvc(...args)),
    git: (...args) => must(`git ${args.join(' ')}`, runIn(root, 'git', args)),
  };
  repository.git('init', '--quiet', '--initial-branch', 'main');
  repository.git('config', 'user.name', 'Someone');
  repository.git('config', 'user.email', 'someone@localhost');
  writeFileSync(join(root, '.git', 'info', 'exclude'), '/.site\n/.trainyard\n');
  if (as === 'initialized') repository.dvc('init', '--quiet');
  return repository;
};

/** Gives an object of a cache other bytes, with the mode that DVC takes for a proof that they are right. */
export const damageObject = (object: string, bytes: string): void => {
  rmSync(object);
  writeFileSync(object, bytes, { mode: 0o444 });
};
