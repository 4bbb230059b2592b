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

/** One that decodes needs a core, some 27 MB, and its largest picture in memory. */
const MOST_THREADS = 3;
/** An engine would let its youngest objects take more, in every thread. */
const YOUNG_MB = 8;

interface Waiting {
  readonly resolve: (looks: readonly (Look | NoLook)[]) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, and how many orders it has not answered. */
interface Looker {
  readonly thread: Worker;
  orders: number;
}

/** @param program of the threads; one is started when all others are busy */
export const startLookers = (program: string): Lookers => {
  const count = Math.min(MOST_THREADS, availableParallelism());
  const waiting = new Map<number, Waiting>();
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const lookers: Looker[] = [];
  const start = (): Looker => {
    const thread = new Worker(program, {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const looker: Looker = { thread, orders: 0 };
    thread.on('error', fail);
    thread.on('exit', (code) => fail(new Error(`A thread that looks at pictures ended with exit code ${code}.`)));
    thread.on('message', ({ id, looks }: LookWord) => {
      looker.orders -= 1;
      waiting.get(id)?.resolve(looks);
      waiting.delete(id);
    });
    lookers.push(looker);
    return looker;
  };
  const idlest = (): Looker => {
    const [first, ...others] = lookers;
    if (first === undefined) return start();
    const best = others.reduce((one, other) => (other.orders < one.orders ? other : one), first);
    return best.orders > 0 && lookers.length < count ? start() : best;
  };
  let next = 0;
  return {
    look: (pictures) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        const looker = idlest();
        looker.orders += 1;
        looker.thread.postMessage(
          { id, pictures } satisfies LookOrder,
          pictures.map(({ buffer }) => buffer),
        );
      }),
    busyWith: 2 * count,
    close: async () => {
      waiting.clear();
      await Promise.all(lookers.map(async ({ thread }) => thread.terminate()));
    },
  };
};
