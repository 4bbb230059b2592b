import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { commandFailed } from '../../faults.ts';
import { followMetrics } from './follow-metrics.ts';
import { splitLines } from './lines.ts';
import type { CommandMetric } from './metric-line.ts';
import { startGroup, type ProcessGroup } from './process-group.ts';

export interface Command {
  /** A command line for the platform's shell. */
  readonly command: string;
  readonly cwd: string;
  /** The whole environment of the command; see `prepareEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  /** An empty folder where it leaves `model.onnx`, `predictions.csv` and `metrics.jsonl`, whichever it likes. */
  readonly outDir: string;
  /** Ends the command and everything it started. */
  readonly signal: AbortSignal;
  readonly onOutput: (stream: 'stdout' | 'stderr', line: string) => void;
  readonly onMetric: (metric: CommandMetric) => void;
  /** Told of lines of `metrics.jsonl` that cannot be read. */
  readonly onWarning: (warning: string) => void;
}

export interface CommandEnd {
  /** 128 + the signal's number for a command that a signal ended. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** Path of the `model.onnx` that it left. */
  readonly model?: string;
  /** Path of the `predictions.csv` that it left. */
  readonly predictions?: string;
}

const patienceMs = 5_000;

/**
 * Runs a training command to its end, handing on its output line by line and its metrics as it writes them. Whatever it
 * leaves running ends with it. When `signal` aborts, the group of processes is asked to end, has five seconds, and is then
 * ended; when this process dies, the same happens (see process-group.ts for the limits).
 * @throws the signal's reason after a cancellation, when nothing of the command runs any more
 * @throws Fault command-failed when it cannot be started at all; an exit code other than 0 is a result, not an error
 */
export const runCommand = async (command: Command): Promise<CommandEnd> => {
  command.signal.throwIfAborted();
  const group = startGroup(command.command, command.cwd, command.env);
  const metrics = followMetrics({ ...command, file: join(command.outDir, 'metrics.jsonl') });
  const stopCancelling = endOnAbort(group, command.signal);
  const outputs = [
    forwardLines(group.stdout, (line) => command.onOutput('stdout', line)),
    forwardLines(group.stderr, (line) => command.onOutput('stderr', line)),
  ];
  try {
    const { exitCode, signal } = await ended(group, command);
    // After a cancellation those that still write have the rest of their five seconds, to save what they hold.
    if (!command.signal.aborted) group.end();
    await Promise.all(outputs.map((output) => output.finish(command.signal.aborted ? patienceMs + 1_000 : 1_000)));
    group.end();
    command.signal.throwIfAborted();
    return { exitCode, signal, ...(await leftFiles(command.outDir)) };
  } finally {
    stopCancelling();
    await metrics.stop();
  }
};

const ended = async ({ child }: ProcessGroup, { command, cwd }: Command) => {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    // A shell that waited for a process reports its death by a signal as 128 + the number.
    const told = signal ?? signalOf((code ?? 0) - 128);
    return { exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal: told };
  } catch (error) {
    throw commandFailed(
      command,
      `cannot be started in ${cwd}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

const signalOf = (number: number): NodeJS.Signals | null =>
  (Object.entries(constants.signals).find(([, value]) => value === number)?.[0] as NodeJS.Signals | undefined) ?? null;

const endOnAbort = (group: ProcessGroup, signal: AbortSignal): (() => void) => {
  let impatience: NodeJS.Timeout | undefined;
  const cancel = () => {
    group.askToEnd();
    impatience = setTimeout(group.end, patienceMs);
  };
  signal.addEventListener('abort', cancel, { once: true });
  return () => {
    signal.removeEventListener('abort', cancel);
    clearTimeout(impatience);
  };
};

const forwardLines = (stream: Readable, onLine: (line: string) => void) => {
  const lines = splitLines(onLine);
  stream.on('data', (bytes: Buffer) => lines.push(bytes));
  const closed = new Promise<void>((resolve) => stream.once('close', resolve));
  return {
    finish: async (graceMs: number) => {
      // A process that left the group may hold the pipe open for ever; its output is no longer the command's.
      const stopWaiting = setTimeout(() => stream.destroy(), graceMs);
      await closed;
      clearTimeout(stopWaiting);
      lines.end();
    },
  };
};

const leftFiles = async (outDir: string) => {
  const [model, predictions] = await Promise.all(
    ['model.onnx', 'predictions.csv'].map((name) => pathIfFile(join(outDir, name))),
  );
  return { ...(model === undefined ? {} : { model }), ...(predictions === undefined ? {} : { predictions }) };
};

const pathIfFile = async (path: string): Promise<string | undefined> => {
  try {
    return (await stat(path)).isFile() ? path : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
