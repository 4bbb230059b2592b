import { Worker } from 'node:worker_threads';
import { modelInvalid } from '../faults.ts';
import type {
  ImageShape,
  InferenceOrder,
  InferenceStart,
  InferenceWord,
  OutputTensor,
  Port,
} from './inference-messages.ts';
import type { RowValues } from './row-values.ts';

/** The thread died or is being started again; the same request may succeed a moment later. */
export class InferenceDown extends Error {
  constructor(how: string) {
    super(`The model is being loaded again after its thread ended: ${how}.`);
    this.name = 'InferenceDown';
  }
}

/** A model in a thread of its own. */
export interface Inference {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /**
   * Runs the model once. A buffer of numbers is given away and empty afterwards.
   * @param dims shape of the input with the rows first; of raw cells the rows and the columns, one input each
   * @throws InferenceDown when the thread dies meanwhile; Error when the runtime refuses the input
   */
  readonly run: (input: RowValues, dims: readonly number[]) => Promise<readonly OutputTensor[]>;
  /** Decodes a picture beside the model, since a large one would hold the event loop for long. */
  readonly decode: (image: Uint8Array, shape: ImageShape) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

export interface InferenceOptions {
  /** Path of the thread's program. */
  readonly entry: string;
  readonly onnx: Uint8Array;
  readonly threads?: number;
  /** Told once, when the thread ends without having been asked to. */
  readonly onDeath?: (how: string) => void;
}

interface Waiting {
  readonly resolve: (word: InferenceWord) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts a thread and loads the model there.
 * @throws Fault `model-invalid` when the bytes are not a model that ONNX Runtime can load
 */
export const startInference = async ({ entry, onnx, threads = 1, onDeath }: InferenceOptions): Promise<Inference> => {
  const start: InferenceStart = { onnx, threads };
  const worker = new Worker(entry, { workerData: start, execArgv: [], stdout: false, stderr: false });
  const waiting = new Map<number, Waiting>();
  let next = 1;
  let state: 'open' | 'closing' | 'dead' = 'open';
  const exited = new Promise<void>((resolve) => {
    const die = (how: string) => {
      if (state === 'dead') return;
      const asked = state === 'closing';
      state = 'dead';
      for (const { reject } of waiting.values()) reject(new InferenceDown(how));
      waiting.clear();
      if (!asked) onDeath?.(how);
      resolve();
    };
    worker.on('error', (error) => die(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => die(`exit code ${code}`));
  });

  const ready = await firstWord(worker, exited);
  if (ready.type !== 'ready') {
    state = 'closing';
    await worker.terminate();
    throw modelInvalid(ready.type === 'refused' ? plain(ready.why) : 'its thread ended while it was loaded');
  }
  worker.on('message', (word: InferenceWord) => {
    if (!('id' in word)) return;
    const asker = waiting.get(word.id);
    waiting.delete(word.id);
    if (word.type === 'failed') asker?.reject(new Error(plain(word.why)));
    else asker?.resolve(word);
  });

  const ask = (order: (id: number) => InferenceOrder, transfer: readonly ArrayBuffer[]) =>
    new Promise<InferenceWord>((resolve, reject) => {
      if (state !== 'open') {
        reject(new InferenceDown('it is closed'));
        return;
      }
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage(order(id), [...transfer]);
    });

  return {
    inputs: ready.inputs,
    outputs: ready.outputs,
    run: async (input, dims) => {
      const given = input instanceof Float32Array ? [input.buffer as ArrayBuffer] : [];
      const word = await ask((id) => ({ type: 'run', id, input, dims }), given);
      return word.type === 'ran' ? word.outputs : [];
    },
    decode: async (image, shape) => {
      const word = await ask((id) => ({ type: 'decode', id, image, shape }), []);
      return word.type === 'decoded' ? word.pixels : new Uint8Array();
    },
    close: async () => {
      if (state === 'open') {
        state = 'closing';
        worker.postMessage({ type: 'close' } satisfies InferenceOrder);
      }
      await exited;
    },
  };
};

const firstWord = async (worker: Worker, exited: Promise<void>): Promise<InferenceWord> =>
  Promise.race([
    new Promise<InferenceWord>((resolve) => worker.once('message', resolve)),
    exited.then((): InferenceWord => ({ type: 'refused', why: 'its thread ended while it was loaded' })),
  ]);

/** The runtime's messages end in paths and line breaks; one line of it is for people. */
const plain = (message: string): string => (message.split('\n')[0] ?? '').slice(0, 300).replace(/[.\s]+$/, '');
