import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { decodeImage } from '../datasets/decode-image.ts';
import { readModel } from '../graph/read.ts';
import type {
  InferenceOrder,
  InferenceStart,
  InferenceWord,
  OutputTensor,
  Port,
  TensorData,
} from './inference-messages.ts';

/**
 * A thread that holds one model. ONNX Runtime computes on the thread that calls it,
 * so that a slow model here leaves the event loop that answers requests free.
 */
const port = parentPort;
if (port === null) throw new Error('This program runs as a worker thread only.');

const say = (word: InferenceWord, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(word, [...transfer]);

const toPort = (value: InferenceSession.ValueMetadata): Port =>
  value.isTensor
    ? { name: value.name, type: value.type, shape: value.shape.map((size) => (typeof size === 'number' ? size : -1)) }
    : { name: value.name, type: 'not a tensor', shape: [] };

const open = async (start: InferenceStart): Promise<InferenceSession> => {
  // ONNX Runtime would look for tensors in other files; this reader refuses a model that names any.
  readModel(start.onnx);
  return InferenceSession.create(start.onnx, {
    executionProviders: ['cpu'],
    intraOpNumThreads: start.threads,
    interOpNumThreads: 1,
    // Batches differ in size, and a pattern of memory is kept per size.
    enableMemPattern: false,
    logSeverityLevel: 4,
  });
};

type RunOrder = InferenceOrder & { type: 'run' };

const run = async (session: InferenceSession, order: RunOrder): Promise<void> => {
  const results = await session.run(feedsOf(session, order), tensorOutputs(session));
  const outputs: OutputTensor[] = [];
  const buffers: ArrayBuffer[] = [];
  for (const [output, tensor] of Object.entries(results)) {
    // A copy of its own: the runtime's buffer may be shared with the session and cannot be given away.
    const data = (tensor.data as TensorData).slice();
    outputs.push({ name: output, type: tensor.type, dims: tensor.dims, data });
    buffers.push(data.buffer);
  }
  say({ type: 'ran', id: order.id, outputs }, buffers);
};

const feedsOf = (
  { inputNames, inputMetadata }: InferenceSession,
  { input, dims }: RunOrder,
): Record<string, Tensor> => {
  if (input instanceof Float32Array) return { [inputNames[0] ?? '']: new Tensor('float32', input, dims) };
  const [rows = 0, columns = 0] = dims;
  const column = (at: number) => Array.from({ length: rows }, (_, row) => input[row * columns + at] ?? '');
  return Object.fromEntries(
    inputMetadata.map((port, at) => [
      port.name,
      port.isTensor && port.type === 'string'
        ? new Tensor('string', column(at).map(String), [rows, 1])
        : new Tensor('float64', Float64Array.from(column(at), Number), [rows, 1]),
    ]),
  );
};

const carried = new Set(['float32', 'float64', 'int32', 'int64', 'bool', 'uint8']);

const tensorOutputs = (session: InferenceSession): string[] =>
  session.outputMetadata.filter((output) => output.isTensor && carried.has(output.type)).map((output) => output.name);

const decode = ({ id, image, shape }: InferenceOrder & { type: 'decode' }): void => {
  const channels = shape.channels === 1 ? 1 : 3;
  const { pixels } = decodeImage(image, { channels, size: { width: shape.width, height: shape.height } });
  say({ type: 'decoded', id, pixels });
};

const heed = async (session: InferenceSession, order: InferenceOrder): Promise<void> => {
  switch (order.type) {
    case 'run':
      return run(session, order);
    case 'decode':
      decode(order);
      return;
    case 'close':
      await session.release();
      port.close();
  }
};

const failure = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Not awaited at the top of the file: the bundle is CommonJS. */
const start = async (): Promise<void> => {
  try {
    const session = await open(workerData as InferenceStart);
    port.on('message', (order: InferenceOrder) => {
      heed(session, order).catch((error: unknown) => {
        if (order.type !== 'close') say({ type: 'failed', id: order.id, why: failure(error) });
      });
    });
    say({ type: 'ready', inputs: session.inputMetadata.map(toPort), outputs: session.outputMetadata.map(toPort) });
  } catch (error) {
    say({ type: 'refused', why: failure(error) });
  }
};

void start();
