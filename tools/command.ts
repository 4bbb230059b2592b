import { spawn } from 'node:child_process';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program to its end and gives what it wrote to stdout.
 * stderr goes to this process's own stderr only when the program fails, so that a good build stays quiet.
 * Throws an Error with the command line, the exit code and the last output when it does not exit 0.
 */
export async function runCommand({ program, args, cwd, env }: Command): Promise<string> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const all: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => {
    out.push(bytes);
    all.push(bytes);
  });
  child.stderr.on('data', (bytes: Buffer) => all.push(bytes));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    const tail = Buffer.concat(all).toString('utf8').slice(-4000);
    throw new Error(`${[program, ...args].join(' ')} ended with ${code ?? 'a signal'}:\n${tail}`);
  }
  return Buffer.concat(out).toString('utf8');
}
