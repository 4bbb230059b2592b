import { Worker } from 'node:worker_threads';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reviveFault } from '../../faults.ts';
import type { SharedPacks } from '../store/blobs.ts';
import { openHand } from './open-hand.ts';
import type { ThreadAnswer, ThreadCall, ThreadOrder, ThreadRole, ThreadStart, ThreadWord } from './thread-messages.ts';

/** A hand that answers later. */
export interface Colleague {
  readonly do: (order: ThreadOrder) => Promise<ThreadAnswer>;
  /** Rejects what it has not answered. */
  readonly giveUp: (error: Error) => void;
  /** Gives up what is not committed. */
  readonly end: () => Promise<void>;
}

/** What those who work together have in common. */
export interface Team {
  readonly role: ThreadRole;
  /** Its first number is not zero once everything is to stop. */
  readonly stop: SharedArrayBuffer;
  /** What the process knows of the store; null for a role that needs none. */
  readonly packs: SharedPacks | null;
  /** Told how much was done since the last time, in the units of the role; throws to stop. */
  readonly onDone: (amount: number) => void;
  /** Ends the work of all. */
  readonly fail: (error: Error) => void;
}

/** An engine would let its youngest objects take three times as much, in every thread. */
const YOUNG_MB = 8;

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** @param program that the thread runs, `data-worker.ts` */
export const startThread = (program: string, { role, stop, packs, onDone, fail }: Team): Colleague => {
  const waiting = new Map<number, Waiting>();
  const worker = new Worker(program, {
    workerData: { role, packs, stop } satisfies ThreadStart,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('error', fail);
  const hear = (amount: number): void => {
    try {
      onDone(amount);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  };
  worker.on('message', (word: ThreadWord) => {
    if ('done' in word) {
      hear(word.done);
      return;
    }
    const asker = waiting.get(word.id);
    waiting.delete(word.id);
    if ('fault' in word) asker?.reject(reviveFault(word.fault));
    else asker?.resolve(word.answer);
  });
  let next = 0;
  return {
    do: (order) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, order } satisfies ThreadCall);
      }),
    giveUp: (error) => {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
    end: () => {
      worker.postMessage('end' satisfies ThreadCall);
      return ended;
    },
  };
};

/** This thread, which does one order a turn: what the others answer meanwhile is heard before the next. */
export const workAlong = ({ role, packs, onDone }: Omit<Team, 'fail' | 'stop'>): Colleague => {
  const opened = openHand(role, onDone, packs);
  let failure: Error | null = null;
  let before: Promise<unknown> = opened;
  const doNext = async (order: ThreadOrder): Promise<ThreadAnswer> => {
    const hand = await opened;
    await nextTurn();
    if (failure !== null) throw failure;
    try {
      return hand.do(order);
    } catch (error) {
      // On a full disk every byte counts.
      hand.discard();
      throw error;
    }
  };
  return {
    do: (order) => {
      const done = before.then(() => doNext(order));
      // The next one is told of the failure by itself.
      before = done.catch(() => undefined);
      return done;
    },
    giveUp: (error) => {
      failure = error;
    },
    end: async () => (await opened).discard(),
  };
};
