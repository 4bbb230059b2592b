import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { reviveFault } from '../../faults.ts';
import { openReader } from './reader.ts';
import { toBuffer, type ReaderOrder, type ReaderStart, type ReaderWord } from './reader-messages.ts';
import type { DataOnDisk } from './walk.ts';

export interface ReadersOrder {
  readonly data: DataOnDisk;
  /** Folder of the store that the bytes go to; null to learn their names only. */
  readonly store: string | null;
  /** Program of the threads; null to read in this one. */
  readonly program: string | null;
  /** Told how many bytes of a large file were read since the last time; throws to stop. */
  readonly onBytes: (bytes: number) => void;
}

/** Reads many files, in several threads where that pays. */
export interface Readers {
  /** @param entries one behind the other @returns the same of the files as they were read, without those that are gone */
  readonly read: (entries: Buffer) => Promise<Buffer>;
  /** MD5 of a large file. @returns null when the file is not the one any more that its entry tells of */
  readonly md5: (entry: Buffer) => Promise<string | null>;
  /** Makes what was read durable. */
  readonly commit: () => Promise<void>;
  /** Gives up what is not committed. */
  readonly close: () => Promise<void>;
  /** Orders that keep all threads busy. */
  readonly busyWith: number;
}

/** One that hashes needs a core; beyond these the disk is what waits. */
const MOST_THREADS = 4;

export const startReaders = (order: ReadersOrder): Readers =>
  order.program === null ? readHere(order) : startThreads({ ...order, program: order.program });

const readHere = (order: ReadersOrder): Readers => {
  const reader = openReader(order);
  return {
    read: (entries) => Promise.resolve(reader.read(entries)),
    md5: (entry) => Promise.resolve(reader.md5(entry)),
    commit: () => {
      reader.commit();
      return Promise.resolve();
    },
    close: () => {
      reader.discard();
      return Promise.resolve();
    },
    busyWith: 1,
  };
};

type Answer = Exclude<ReaderWord, { bytes: number } | { fault: unknown }>;
type Order = Exclude<ReaderOrder, { type: 'end' }>;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, and how many orders it has not answered. */
interface Thread {
  readonly worker: Worker;
  readonly ended: Promise<void>;
  orders: number;
}

const startThreads = (order: ReadersOrder & { readonly program: string }): Readers => {
  const { program, data, store, onBytes } = order;
  const stop = new SharedArrayBuffer(4);
  const waiting = new Map<number, Waiting>();
  let failure: { readonly error: Error } | null = null;
  const fail = (error: Error) => {
    failure ??= { error };
    Atomics.store(new Int32Array(stop), 0, 1);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const hear = (thread: Thread, word: ReaderWord) => {
    if ('bytes' in word) {
      tell(word.bytes);
      return;
    }
    thread.orders -= 1;
    const asker = waiting.get(word.id);
    waiting.delete(word.id);
    if ('fault' in word) asker?.reject(reviveFault(word.fault));
    else asker?.resolve(word);
  };
  const tell = (bytes: number) => {
    try {
      onBytes(bytes);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const threads = Array.from({ length: Math.min(MOST_THREADS, availableParallelism()) }, () => {
    const worker = new Worker(program, { workerData: { data, store, stop } satisfies ReaderStart, execArgv: [] });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const thread: Thread = { worker, ended, orders: 0 };
    worker.on('error', (error: Error) => fail(error));
    worker.on('message', (word: ReaderWord) => hear(thread, word));
    return thread;
  });

  let next = 0;
  const ask = (thread: Thread, wanted: (id: number) => Order): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (failure !== null) {
        reject(failure.error);
        return;
      }
      const id = next++;
      waiting.set(id, { resolve, reject });
      thread.orders += 1;
      thread.worker.postMessage(wanted(id));
    });
  const idlest = (): Thread => threads.reduce((best, thread) => (thread.orders < best.orders ? thread : best));

  return {
    read: async (entries) => {
      const answer = await ask(idlest(), (id) => ({ id, type: 'read', entries }));
      return 'entries' in answer ? toBuffer(answer.entries) : entries.subarray(0, 0);
    },
    md5: async (entry) => {
      const answer = await ask(idlest(), (id) => ({ id, type: 'md5', entry }));
      return 'md5' in answer ? answer.md5 : null;
    },
    commit: async () => {
      await Promise.all(threads.map((thread) => ask(thread, (id) => ({ id, type: 'commit' }))));
    },
    close: async () => {
      Atomics.store(new Int32Array(stop), 0, 1);
      for (const { worker } of threads) worker.postMessage({ type: 'end' } satisfies ReaderOrder);
      await Promise.all(threads.map(({ ended }) => ended));
    },
    busyWith: 2 * threads.length,
  };
};
