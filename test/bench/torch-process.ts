import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A running training.py; each call sends one command and waits for its answer. */
export interface TorchProcess {
  readonly version: string;
  readonly ask: (command: object) => Promise<Record<string, number[]>>;
  readonly close: () => void;
}

/** Starts PyTorch where the Python in the variable PYTHON, or else `python3`, has it; null where it has not. */
export const startTorch = async (): Promise<TorchProcess | null> => {
  const python = process.env['PYTHON'] ?? 'python3';
  if (spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status !== 0) return null;
  const child = spawn(python, [path.join(import.meta.dirname, 'training.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_WAIT_POLICY: 'passive' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('training.py has ended.');
    return JSON.parse(value) as Record<string, number[]>;
  };
  const { torch } = (await next()) as unknown as { torch: string };
  return {
    version: torch,
    ask: (command) => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return next();
    },
    close: () => child.stdin.end(),
  };
};
