import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as onnxruntime from 'onnxruntime-node';
import { numberCardsByBus } from '../nvidia.ts';
import { runtimesFolder } from '../runtimes-folder.ts';

/** Where the runtime that this process uses lies. */
export interface RuntimePlace {
  readonly root: string;
  /** Its libraries for this platform. */
  readonly libraries: string;
}

const packageName = 'onnxruntime-node';
/** Only Linux on x64 has one. */
const cudaLibrary = 'libonnxruntime_providers_cuda.so';

const placeFrom = (home: string): RuntimePlace | undefined => {
  try {
    const root = path.dirname(createRequire(home).resolve(`${packageName}/package.json`));
    return { root, libraries: path.join(root, 'bin', 'napi-v6', process.platform, process.arch) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
};

export const hasCuda = ({ libraries }: RuntimePlace): boolean => existsSync(path.join(libraries, cudaLibrary));

/**
 * The runtime to train with: the one that `trainyard devices install cuda` has put among the user's runtimes where it
 * is complete, since a provider's library is looked for beside the runtime's own; else the one that came with Trainyard.
 */
export const trainingRuntime = (folder: string = runtimesFolder()): RuntimePlace => {
  const users = placeFrom(path.join(folder, 'cuda', 'from.js'));
  if (users !== undefined && hasCuda(users)) return users;
  const own = placeFrom(import.meta.url);
  if (own === undefined) throw new Error(`${packageName} is not installed.`);
  return own;
};

numberCardsByBus();

/** One process must not load two, so everything in this folder asks here. */
const runtime = createRequire(import.meta.url)(trainingRuntime().root) as typeof onnxruntime;

export const { InferenceSession, Tensor, listSupportedBackends } = runtime;
export type InferenceSession = onnxruntime.InferenceSession;
export type Tensor = onnxruntime.Tensor;
export type ExecutionProvider = onnxruntime.InferenceSession.ExecutionProviderConfig;
