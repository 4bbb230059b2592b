import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { LookOrder, LookWord } from './look-messages.ts';
import type { Look, NoLook } from './picture-looks.ts';

/** Threads that look at pictures. */
export interface Lookers {
  /** What the pictures look like, in their order. Their memory is handed over. */
  readonly look: (pictures: readonly Uint8Array<ArrayBuffer>[]) => Promise<readonly (Look | NoLook)[]>;
  /** Orders that keep all threads busy. */
  readonly busyWith: number;
  readonly close: () => Promise<void>;
}

/** One that decodes needs a core, and its largest picture in memory. */
const MOST_THREADS = 4;
/** An engine would let its youngest objects take more, in every thread. */
const YOUNG_MB = 8;

interface Waiting {
  readonly resolve: (looks: readonly (Look | NoLook)[]) => void;
  readonly reject: (error: Error) => void;
}

/** @param program of the threads */
export const startLookers = (program: string): Lookers => {
  const count = Math.min(MOST_THREADS, availableParallelism());
  const waiting = new Map<number, Waiting>();
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const threads = Array.from({ length: count }, () => {
    const thread = new Worker(program, {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    thread.on('error', fail);
    thread.on('exit', (code) => fail(new Error(`A thread that looks at pictures ended with exit code ${code}.`)));
    thread.on('message', ({ id, looks }: LookWord) => {
      waiting.get(id)?.resolve(looks);
      waiting.delete(id);
    });
    return thread;
  });
  let next = 0;
  return {
    look: (pictures) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        threads[id % count]?.postMessage(
          { id, pictures } satisfies LookOrder,
          pictures.map(({ buffer }) => buffer),
        );
      }),
    busyWith: 2 * count,
    close: async () => {
      waiting.clear();
      await Promise.all(threads.map(async (thread) => thread.terminate()));
    },
  };
};
