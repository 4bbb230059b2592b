import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** What a contender is told to train: the same weights, where it can take them, and the same batch. */
export interface Load {
  readonly load: string;
  /** Float32: every tensor in order, then the batch, then its class numbers. */
  readonly file: string;
  readonly tensors: readonly (readonly [name: string, dims: readonly number[]])[];
  /** `[batch, channels, height, width]` */
  readonly shape: readonly number[];
  readonly threads: number;
}

export interface Timing {
  /** Milliseconds of each step, by the clock. */
  readonly wall: readonly number[];
  /** Milliseconds of all threads together. */
  readonly cpu: readonly number[];
  /** Largest memory of the process so far, in MB. */
  readonly peakMb: number;
}

/** A program that trains on request, in a process of its own. */
export interface Contender {
  readonly name: string;
  /** @returns the losses of the first steps; empty where it has weights of its own */
  readonly load: (load: Load) => Promise<readonly number[]>;
  readonly steps: (count: number) => Promise<Timing>;
  readonly close: () => void;
}

interface Program {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** The contenders, by the Python that has each peer. */
export const programs = (python: { readonly torch: string; readonly tensorflow: string }): readonly Program[] => {
  const here = (file: string) => path.join(import.meta.dirname, file);
  return [
    { name: 'ours', program: process.execPath, args: [here('ours.ts')] },
    { name: 'PyTorch', program: python.torch, args: [here('torch_peer.py')] },
    { name: 'PyTorch channels_last', program: python.torch, args: [here('torch_peer.py'), 'channels_last'] },
    { name: 'Keras', program: python.tensorflow, args: [here('keras_peer.py')] },
  ];
};

export const startContender = ({ name, program, args }: Program): Contender => {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', process.env['BENCH_VERBOSE'] === undefined ? 'ignore' : 'inherit'],
    env: { ...process.env, OMP_WAIT_POLICY: 'passive', TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name} has ended; BENCH_VERBOSE=1 shows why.`);
    return JSON.parse(value);
  };
  return {
    name,
    load: async (load) => (await ask(load)) as readonly number[],
    steps: async (steps) => (await ask({ steps })) as Timing,
    close: () => child.stdin.end(),
  };
};
