import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { cancelled, childDied, reviveFault } from '../faults.ts';
import type { Job, JobContext } from '../pipeline/job.ts';
import { childEnvironment, compileCache } from './child-environment.ts';
import { entryPath } from './entry.ts';
import type { Order, Word } from './messages.ts';

/** Time a child has to stop by itself after an abort, in milliseconds. */
const ABORT_GRACE_MS = 5_000;

/** How the process of a job is started. */
interface Surroundings {
  /** Switches of V8. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Jobs that make and drop an object for every cell of a table or every file of a version: left alone, V8 lets hundreds of
 * megabytes of them gather.
 */
const SMALL_YOUNG = '--max-semi-space-size=4';
const SMALL_HEAP = [SMALL_YOUNG, '--optimize-for-size'];
/**
 * The same for jobs that are small as a rule, and must start soon: `--optimize-for-size` would have Node compile its own
 * modules anew, a tenth of a second, and takes an eighth longer for 10⁶ files. Two megabytes for what is new are gone
 * through by one thread before several have woken.
 */
const SMALL_AND_QUICK = ['--max-semi-space-size=2', '--min-semi-space-size=2', '--no-parallel-scavenge'];

/**
 * Where threads come and go, and memory in large pieces with them, glibc keeps what they gave back for the next of its
 * size, up to a fifth of the memory of the process, unless it is told to return it. Other systems pass these names over.
 */
const RETURNING = {
  MALLOC_MMAP_THRESHOLD_: String(256 << 10),
  MALLOC_TRIM_THRESHOLD_: String(256 << 10),
};

const ofFiles: Surroundings = { flags: SMALL_AND_QUICK, environment: RETURNING };
const smallYoung: Surroundings = { flags: [SMALL_YOUNG], environment: {} };
const smallHeap: Surroundings = { flags: SMALL_HEAP, environment: {} };

const surroundings: Readonly<Record<string, Surroundings>> = {
  'compare-data': { flags: SMALL_HEAP, environment: { ...RETURNING, MALLOC_ARENA_MAX: '2' } },
  'check-data': smallHeap,
  snapshot: ofFiles,
  status: ofFiles,
  restore: ofFiles,
  merge: smallYoung,
  import: smallYoung,
  'write-cache': smallYoung,
  push: smallHeap,
  'fetch-version': smallHeap,
  'dvc-pull': smallHeap,
  'collect-remote': smallHeap,
};

export const surroundingsOf = (job: string): Surroundings => surroundings[job] ?? { flags: [], environment: {} };

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
      const child = startChild({ entry, ...surroundingsOf(name) }, context);
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

interface Start extends Surroundings {
  readonly entry: string;
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
