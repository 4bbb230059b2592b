import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { dataUnreadable } from '../faults.ts';
import type { DecodeOrder, DecoderStart, DecodeWord, EncodedPicture } from './decode-messages.ts';

export interface DecodersOrder extends DecoderStart {
  /** Path of the decoders' program. */
  readonly entry: string;
  /** Threads; as many as there are cores, at most eight, where it is not said. */
  readonly threads?: number;
}

/** Threads that decode pictures. */
export interface Decoders {
  /** Pixels of the pictures, one behind the other. @throws Fault `dataset-unreadable` that names the picture */
  readonly decode: (pictures: readonly EncodedPicture[]) => Promise<Uint8Array>;
  /** Orders that keep all threads busy. */
  readonly busyWith: number;
  readonly close: () => Promise<void>;
}

const MOST_THREADS = 8;

interface Waiting {
  readonly resolve: (pixels: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

export const startDecoders = ({ entry, threads, ...start }: DecodersOrder): Decoders => {
  const count = threads ?? Math.min(MOST_THREADS, availableParallelism());
  const waiting = new Map<number, Waiting>();
  const fail = (error: unknown): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(entry, { workerData: start satisfies DecoderStart, execArgv: [] });
    worker.on('error', fail);
    worker.on('exit', (code) => {
      if (code !== 0) fail(new Error(`A thread that decodes pictures ended with exit code ${code}.`));
    });
    worker.on('message', (word: DecodeWord) => {
      const asker = waiting.get(word.id);
      waiting.delete(word.id);
      if ('pixels' in word) asker?.resolve(word.pixels);
      else asker?.reject(dataUnreadable(word.shown, word.why));
    });
    return worker;
  });
  let next = 0;
  return {
    decode: (pictures) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        workers[id % count]?.postMessage({ id, pictures } satisfies DecodeOrder);
      }),
    // One that is decoded and one that waits behind it.
    busyWith: 2 * count,
    close: async () => {
      waiting.clear();
      for (const worker of workers) await worker.terminate();
    },
  };
};
