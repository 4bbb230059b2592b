import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { cancelled, childDied, reviveFault } from '../faults.ts';
import type { Job, JobContext } from '../pipeline/job.ts';
import { childEnvironment, compileCache } from './child-environment.ts';
import { entryPath } from './entry.ts';
import type { Order, Word } from './messages.ts';

/** Time a child has to stop by itself after an abort, in milliseconds. */
const ABORT_GRACE_MS = 5_000;
const SMALL_YOUNG = '--max-semi-space-size=4';
const SMALL_HEAP = [SMALL_YOUNG, '--optimize-for-size'];
/**
 * Switches of V8 for jobs that make and drop an object for every cell of a table or every file of a version: left alone,
 * it lets hundreds of megabytes of them gather.
 */
export const flagsOf: Readonly<Record<string, readonly string[]>> = {
  'compare-data': SMALL_HEAP,
  'check-data': SMALL_HEAP,
  snapshot: SMALL_HEAP,
  restore: SMALL_HEAP,
  merge: [SMALL_YOUNG],
  import: [SMALL_YOUNG],
  'write-cache': [SMALL_YOUNG],
  push: SMALL_HEAP,
  'fetch-version': SMALL_HEAP,
  'dvc-pull': SMALL_HEAP,
  'collect-remote': SMALL_HEAP,
};
/**
 * What jobs are told through their environment: where threads decode pictures, glibc keeps what they gave back for the next
 * of its size, 25 of 210 MB, unless it is told to return it. Other systems pass these names over.
 */
const environmentOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'compare-data': {
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: String(256 << 10),
    MALLOC_TRIM_THRESHOLD_: String(256 << 10),
  },
};
/** Training must not starve the endpoint that serves beside it. */
const CHILD_PRIORITY = 10;

/**
 * The job of that name, done in a child process of its own: a crash or a full memory there is a fault here,
 * and the sidecar's event loop stays free. The output is what the child's job returned.
 */
export const remoteJob =
  <Input, Output>(name: string, entry = entryPath('worker')): Job<Input, Output> =>
  (input, context) =>
    new Promise<Output>((resolve, reject) => {
      if (context.signal.aborted) {
        reject(cancelled());
        return;
      }
      const child = startChild({ entry, flags: flagsOf[name] ?? [], environment: environmentOf[name] ?? {} }, context);
      const order = (message: Order) => {
        if (child.connected) child.send(message);
      };
      let kill: NodeJS.Timeout | undefined;
      const abort = () => {
        order({ type: 'abort' });
        kill = setTimeout(() => child.kill('SIGKILL'), ABORT_GRACE_MS);
      };
      context.signal.addEventListener('abort', abort, { once: true });

      let settled = false;
      const settle = (finish: () => void) => {
        if (settled) return;
        settled = true;
        context.signal.removeEventListener('abort', abort);
        finish();
        if (child.connected) child.disconnect();
      };
      child.on('message', (word: Word) => {
        if (settled) return;
        try {
          heed(word, context, {
            begin: () => order({ type: 'begin', job: name, input }),
            resolve: (output) => settle(() => resolve(output as Output)),
            reject: (error) => settle(() => reject(error)),
          });
        } catch (error) {
          // What the child says could not be kept, on a full disk for example: without that its work is worth nothing.
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      });
      child.on('error', (error) => settle(() => reject(childDied(name, error.message))));
      child.on('exit', (code, signal) => {
        clearTimeout(kill);
        const how = signal === null ? `exit code ${String(code)}` : `killed by ${signal}`;
        settle(() => reject(context.signal.aborted ? cancelled() : childDied(name, how)));
      });
    });

interface Start {
  readonly entry: string;
  /** Of V8. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const startChild = ({ entry, flags, environment }: Start, context: JobContext): ChildProcess => {
  const child = fork(entry, [], {
    serialization: 'advanced',
    env: { ...childEnvironment(), ...compileCache(), ...environment },
    execArgv: [...flags],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) lowerPriority(child.pid, context);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => context.log('debug', text.trimEnd()));
  }
  return child;
};

const lowerPriority = (pid: number, context: JobContext): void => {
  try {
    setPriority(pid, CHILD_PRIORITY);
  } catch (error) {
    context.log('debug', `priority of process ${pid} not lowered: ${String(error)}`);
  }
};

interface Ends {
  readonly begin: () => void;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

const heed = (word: Word, context: JobContext, ends: Ends): void => {
  switch (word.type) {
    case 'ready':
      return ends.begin();
    case 'progress':
      return context.progress(word.fraction, word.note, word.remainingMs);
    case 'metrics':
      return context.metrics(word.points);
    case 'log':
      return context.log(word.level, word.text);
    case 'result':
      return ends.resolve(word.output);
    case 'fault':
      return ends.reject(reviveFault(word.fault));
    case 'bug': {
      const bug = new Error('A job failed by a bug.');
      bug.stack = word.stack;
      return ends.reject(bug);
    }
  }
};
