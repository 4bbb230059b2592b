import type { OutputTensor } from './inference-messages.ts';
import { joinValues, sliceValues, type RowValues } from './row-values.ts';

/** More rows wait than may; the client should come again a little later. */
export class Overloaded extends Error {
  constructor(rows: number) {
    super(`${rows} rows are waiting already; send fewer requests at once.`);
    this.name = 'Overloaded';
  }
}

export interface BatcherOptions {
  /** Numbers, or cells, in one row. */
  readonly rowLength: number;
  /** Most rows of one run; 1 for a model that takes one row only. */
  readonly maxRows: number;
  /** Most rows that may wait. A single larger request is still taken when nothing waits. */
  readonly maxQueuedRows: number;
  /** Runs a batch whose buffer it may give away; every output has the rows first. */
  readonly run: (input: RowValues, rows: number) => Promise<readonly OutputTensor[]>;
  /** Told of each run: rows in it, and milliseconds from its start to its end. */
  readonly onRun?: (rows: number, ms: number) => void;
}

export interface Batcher {
  /**
   * Rows to compute; resolves to the outputs of exactly these rows, in order.
   * @throws Overloaded when the queue is full
   */
  readonly submit: (input: RowValues, rows: number) => Promise<readonly OutputTensor[]>;
  /** Rows that wait now. */
  readonly queued: () => number;
}

interface Waiting {
  readonly input: RowValues;
  readonly rows: number;
  taken: number;
  computed: number;
  readonly parts: (readonly OutputTensor[])[];
  readonly resolve: (outputs: readonly OutputTensor[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Share {
  readonly job: Waiting;
  readonly from: number;
  readonly rows: number;
}

/**
 * Greedy batching without delay: while a run is in progress requests queue, and when it ends as many of them
 * as fit make the next run. An idle model answers at once, a busy one in larger batches.
 */
export const createBatcher = (options: BatcherOptions): Batcher => {
  const { maxRows, maxQueuedRows, run, onRun } = options;
  const queue: Waiting[] = [];
  let queuedRows = 0;
  let state: 'idle' | 'scheduled' | 'running' = 'idle';

  const take = (): Share[] => {
    const shares: Share[] = [];
    let room = maxRows;
    for (let job = queue[0]; room > 0 && job !== undefined; job = queue[0]) {
      const rows = Math.min(room, job.rows - job.taken);
      shares.push({ job, from: job.taken, rows });
      job.taken += rows;
      room -= rows;
      if (job.taken === job.rows) queue.shift();
    }
    return shares;
  };

  const runNext = async (): Promise<void> => {
    state = 'running';
    const shares = take();
    const rows = shares.reduce((sum, share) => sum + share.rows, 0);
    queuedRows -= rows;
    const started = performance.now();
    try {
      const outputs = await run(gather(shares, rows, options.rowLength), rows);
      onRun?.(rows, performance.now() - started);
      hand(shares, outputs);
    } catch (error) {
      for (const { job } of shares) {
        if (queue[0] === job) {
          queue.shift();
          queuedRows -= job.rows - job.taken;
        }
        job.reject(error);
      }
    }
    state = 'idle';
    schedule();
  };

  // One turn of the event loop later, so that requests which have arrived together are computed together.
  const schedule = () => {
    if (state !== 'idle' || queue.length === 0) return;
    state = 'scheduled';
    setImmediate(() => void runNext());
  };

  return {
    submit: (input, rows) =>
      new Promise((resolve, reject) => {
        if (queuedRows > 0 && queuedRows + rows > maxQueuedRows) {
          reject(new Overloaded(queuedRows));
          return;
        }
        queue.push({ input, rows, taken: 0, computed: 0, parts: [], resolve, reject });
        queuedRows += rows;
        schedule();
      }),
    queued: () => queuedRows,
  };
};

/** A fresh buffer, since a run gives its buffer away while the requests keep theirs. */
const gather = (shares: readonly Share[], rows: number, rowLength: number): RowValues =>
  joinValues(
    shares.map(({ job, from, rows: count }) => sliceValues(job.input, from * rowLength, (from + count) * rowLength)),
    rows * rowLength,
  );

const hand = (shares: readonly Share[], outputs: readonly OutputTensor[]): void => {
  let from = 0;
  for (const { job, rows } of shares) {
    job.parts.push(shares.length === 1 ? outputs : outputs.map((output) => rowsOf(output, from, rows)));
    from += rows;
    job.computed += rows;
    if (job.computed === job.rows) {
      job.resolve(job.parts.length === 1 ? (job.parts[0] ?? []) : join(job.parts));
    }
  }
};

const rowsOf = (output: OutputTensor, from: number, rows: number): OutputTensor => {
  const length = output.data.length / (output.dims[0] ?? 1);
  return {
    ...output,
    dims: [rows, ...output.dims.slice(1)],
    data: output.data.subarray(from * length, (from + rows) * length),
  };
};

const join = (parts: readonly (readonly OutputTensor[])[]): OutputTensor[] =>
  (parts[0] ?? []).map((first, index) => {
    const tensors = parts.flatMap((part) => part[index] ?? []);
    const rows = tensors.reduce((sum, tensor) => sum + (tensor.dims[0] ?? 0), 0);
    const data = first.data.slice(0, 0);
    const whole = new (data.constructor as new (length: number) => typeof data)(
      tensors.reduce((sum, tensor) => sum + tensor.data.length, 0),
    );
    let at = 0;
    for (const tensor of tensors) {
      whole.set(tensor.data as never, at);
      at += tensor.data.length;
    }
    return { ...first, dims: [rows, ...first.dims.slice(1)], data: whole };
  });
