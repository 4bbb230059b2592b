import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Runs a program of Node's and kills it some milliseconds after its first word.
 * @returns the lines that it printed; the last may be half a line
 */
export const linesUntilKilled = async (parameters: readonly string[], ms: number): Promise<readonly string[]> => {
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await wait(ms);
  child.kill('SIGKILL');
  await ended;
  return said.join('').split('\n');
};
