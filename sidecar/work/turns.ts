import type { Job, JobContext } from '../pipeline/job.ts';

/** Gives jobs of one kind their turn one after the other, in the order in which they are asked for. */
export const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Input, Output>(job: Job<Input, Output>): Job<Input, Output> =>
    (input, context) => {
      const turn = last.then(() => begin(job, input, context));
      // Whoever comes next does not care how this one ends.
      last = turn.catch(() => undefined);
      return turn;
    };
};

const begin = <Input, Output>(job: Job<Input, Output>, input: Input, context: JobContext): Promise<Output> => {
  context.signal.throwIfAborted();
  return job(input, context);
};

/**
 * Keeps two kinds of jobs apart: any number that may go on side by side, and those that must be alone. Each waits for
 * what was asked for before it and cannot go on beside it; nobody is overtaken.
 */
export const createGate = () => {
  const beside = new Set<Promise<unknown>>();
  let alone: Promise<unknown> = Promise.resolve();
  return {
    beside:
      <Input, Output>(job: Job<Input, Output>): Job<Input, Output> =>
      (input, context) => {
        const turn = alone.then(() => begin(job, input, context));
        const ended = turn.catch(() => undefined).then(() => void beside.delete(ended));
        beside.add(ended);
        return turn;
      },
    alone:
      <Input, Output>(job: Job<Input, Output>): Job<Input, Output> =>
      (input, context) => {
        if (beside.size > 0) context.progress(null, 'waiting for a transfer to end');
        const turn = Promise.all([alone, ...beside]).then(() => begin(job, input, context));
        alone = turn.catch(() => undefined);
        return turn;
      },
  };
};
