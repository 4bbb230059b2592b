import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../bin/trainyard.mjs');

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Spoken {
  readonly child: ChildProcess;
  readonly end: Promise<Said>;
  /** What it has written on stderr so far. */
  readonly notes: () => string;
}

/** Begins `trainyard <words>`; for Ctrl-C and the like. */
export const speak = (words: readonly string[], environment: NodeJS.ProcessEnv = {}): Spoken => {
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  }
  const end = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  return { child, end, notes: () => said.stderr };
};

/** The command line as a person or a CI job calls it, without a terminal. */
export const trainyard = (...words: string[]): Promise<Said> => speak(words).end;
