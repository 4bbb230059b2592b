import type { Job } from '../pipeline/job.ts';

/** Gives jobs of one kind their turn one after the other, in the order in which they are asked for. */
export const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Input, Output>(job: Job<Input, Output>): Job<Input, Output> =>
    (input, context) => {
      const turn = last.then(() => {
        context.signal.throwIfAborted();
        return job(input, context);
      });
      // Whoever comes next does not care how this one ends.
      last = turn.catch(() => undefined);
      return turn;
    };
};
