import { availableParallelism } from 'node:os';
import { DeviceMissing } from '../engine.ts';
import type { ExecutionProvider } from './runtime.ts';
import { InferenceSession, Tensor, listSupportedBackends } from './runtime.ts';

export type OrtTensor = Tensor;
export type Feeds = Record<string, Tensor>;

/** A loaded graph. */
export interface Session {
  /** Runs the graph; results are written into the tensors given as `fetches`, or into new ones where only named. */
  readonly run: (feeds: Feeds, fetches: Feeds | readonly string[]) => Promise<Feeds>;
  /** Milliseconds spent in `run` so far. */
  readonly mathMs: () => number;
  readonly close: () => Promise<void>;
}

export interface SessionOptions {
  /** Names of nodes that only the processor can compute in full. */
  readonly onProcessor?: readonly string[];
}

export const float32Tensor = (data: Float32Array, dims: readonly number[]): Tensor => new Tensor('float32', data, dims);

/**
 * Loads a graph for exactly one kind of device. Throws DeviceMissing where the runtime does not know that kind:
 * there is no silent fall-back.
 */
export const openSession = async (
  model: Uint8Array,
  device: string,
  options: SessionOptions = {},
): Promise<Session> => {
  const session = await createSession(model, device, options);
  let milliseconds = 0;
  return {
    run: async (feeds, fetches) => {
      const started = performance.now();
      const results = await session.run(feeds, fetches);
      milliseconds += performance.now() - started;
      return results;
    },
    mathMs: () => milliseconds,
    close: () => session.release(),
  };
};

const createSession = async (model: Uint8Array, device: string, options: SessionOptions): Promise<InferenceSession> => {
  try {
    return await InferenceSession.create(model, {
      executionProviders: [providerOf(device, options)],
      // Training needs half as much memory without it, at the same speed.
      enableMemPattern: false,
      graphOptimizationLevel: 'all',
      intraOpNumThreads: availableParallelism(),
      logSeverityLevel: 3,
      // Spinning threads would take the processor from the editor.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (device === 'cpu' || !absent.test(reason)) throw error;
    throw new DeviceMissing(device, reason);
  }
};

/** How the runtime says that a provider's library or a graphics adapter is not there. */
const absent = /shared library|WebGPU adapter|CUDA|libonnxruntime_providers/;

const providerOf = (device: string, { onProcessor = [] }: SessionOptions): ExecutionProvider => {
  const [kind = '', number = '0'] = device.split(':');
  const known = listSupportedBackends().map(({ name }) => name);
  if (!known.includes(kind))
    throw new DeviceMissing(device, `this build of ONNX Runtime knows ${known.join(', ')} only.`);
  if (kind === 'webgpu' && onProcessor.length > 0) return { name: 'webgpu', forceCpuNodeNames: onProcessor };
  return kind === 'cuda' ? { name: 'cuda', deviceId: Number(number) } : kind;
};
