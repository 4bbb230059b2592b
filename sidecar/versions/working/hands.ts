import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { reviveFault } from '../../faults.ts';
import type { SharedPacks } from '../store/blobs.ts';
import { openHand } from './hand.ts';
import type { Amount } from './report.ts';
import type { ThreadAnswer, ThreadCall, ThreadOrder, ThreadRole, ThreadStart, ThreadWord } from './thread-messages.ts';

export interface HandsOrder {
  readonly role: ThreadRole;
  /** What is to be done: a little is done before threads would have started. */
  readonly amount: Amount;
  /** What threads are told of the store; left out where they need none. */
  readonly share?: () => SharedPacks;
  /** Program of the threads; null to work in this one. */
  readonly program: string | null;
  /** Told how much was done since the last time, in the units of its role (thread-messages.ts); throws to stop. */
  readonly onDone: (amount: number) => void;
}

/** Those who do the work: several threads where that pays, else this one. */
export interface Hands {
  /** @returns the answer to the order */
  readonly ask: <Type extends ThreadOrder['type']>(
    order: ThreadOrder & { readonly type: Type },
  ) => Promise<ThreadAnswer & { readonly type: Type }>;
  /** Makes durable what was read. */
  readonly commit: () => Promise<void>;
  /** Gives up what is not committed. */
  readonly close: () => Promise<void>;
  /** How many they are: several can share the work on one file. */
  readonly count: number;
  /** Orders that keep all of them busy. */
  readonly busyWith: number;
}

const FEWEST_FILES = 2_000;
const FEWEST_BYTES = 64 << 20;
/** One that hashes needs a core, and some 25 MB; beyond these the disk is what waits. */
const MOST_THREADS = 3;
/** An engine would let its youngest objects take three times as much, in every thread. */
const YOUNG_MB = 8;

export const startHands = ({ program, ...order }: HandsOrder): Hands =>
  program === null || (order.amount.files < FEWEST_FILES && order.amount.bytes < FEWEST_BYTES)
    ? workHere(order)
    : startThreads({ program, ...order });

const workHere = ({ role, onDone }: Pick<HandsOrder, 'role' | 'onDone'>): Hands => {
  const hand = openHand(role, onDone);
  return {
    ask: (order) => Promise.resolve(hand.do(order) as never),
    commit: () => {
      hand.do({ type: 'commit' });
      return Promise.resolve();
    },
    close: () => {
      hand.discard();
      return Promise.resolve();
    },
    count: 1,
    busyWith: 1,
  };
};

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, and how many orders it has not answered. */
interface Thread {
  readonly worker: Worker;
  readonly ended: Promise<void>;
  orders: number;
}

const startThreads = ({ role, share, program, onDone }: HandsOrder & { readonly program: string }): Hands => {
  const stop = new SharedArrayBuffer(4);
  const waiting = new Map<number, Waiting>();
  let failure: { readonly error: Error } | null = null;
  const fail = (error: Error) => {
    failure ??= { error };
    Atomics.store(new Int32Array(stop), 0, 1);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const tell = (amount: number) => {
    try {
      onDone(amount);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const hear = (thread: Thread, word: ThreadWord) => {
    if ('done' in word) {
      tell(word.done);
      return;
    }
    thread.orders -= 1;
    const asker = waiting.get(word.id);
    waiting.delete(word.id);
    if ('fault' in word) asker?.reject(reviveFault(word.fault));
    else asker?.resolve(word.answer);
  };
  const count = Math.min(MOST_THREADS, availableParallelism());
  const threads: Thread[] = [];
  let packs: SharedPacks | null = null;
  const startThread = (): Thread => {
    const worker = new Worker(program, {
      workerData: { role, packs: (packs ??= share?.() ?? null), stop } satisfies ThreadStart,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const thread: Thread = { worker, ended, orders: 0 };
    worker.on('error', (error: Error) => fail(error));
    worker.on('message', (word: ThreadWord) => hear(thread, word));
    threads.push(thread);
    return thread;
  };

  let next = 0;
  const send = (thread: Thread, order: ThreadOrder): Promise<ThreadAnswer> =>
    new Promise((resolve, reject) => {
      if (failure !== null) {
        reject(failure.error);
        return;
      }
      const id = next++;
      waiting.set(id, { resolve, reject });
      thread.orders += 1;
      thread.worker.postMessage({ id, order } satisfies ThreadCall);
    });
  /** One that has nothing to do, if need be a new one. */
  const idlest = (): Thread => {
    const [first, ...others] = threads;
    if (first === undefined) return startThread();
    const best = others.reduce((one, other) => (other.orders < one.orders ? other : one), first);
    return best.orders > 0 && threads.length < count ? startThread() : best;
  };

  return {
    ask: (order) => send(idlest(), order) as Promise<never>,
    commit: async () => {
      await Promise.all(threads.map((thread) => send(thread, { type: 'commit' })));
    },
    close: async () => {
      Atomics.store(new Int32Array(stop), 0, 1);
      for (const { worker } of threads) worker.postMessage('end' satisfies ThreadCall);
      await Promise.all(threads.map(({ ended }) => ended));
    },
    count,
    busyWith: 2 * count,
  };
};
