import { closeSync, fstatSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { GraphError } from '../../graph/graph-error.ts';
import { readSafeTensors, type ByteSource } from '../../graph/safetensors.ts';
import type { LoadedTensor } from '../../graph/weights/fit.ts';
import { readAt } from './read-at.ts';
import { readModelFile } from './read-model-file.ts';

/**
 * Hands on the tensors of a `.safetensors` or `.onnx` file by name. A tensor is read when it is asked for, so a file
 * larger than the memory is no harm; all of them must be read before `use` returns.
 *
 * @throws GraphError for a file of another kind, or a damaged one
 */
export const withWeightsFile = <Result>(
  path: string,
  use: (tensors: ReadonlyMap<string, LoadedTensor>) => Result,
): Result => {
  const file = openSync(path, 'r');
  try {
    return use(tensorsOf(path, { size: fstatSync(file).size, read: (offset, length) => readAt(file, offset, length) }));
  } finally {
    closeSync(file);
  }
};

const tensorsOf = (path: string, source: ByteSource): ReadonlyMap<string, LoadedTensor> => {
  const kind = extname(path);
  if (kind === '.safetensors') return readSafeTensors(source).tensors;
  if (kind === '.onnx') return initializersOf(path);
  throw new GraphError('Weights come from a .safetensors or .onnx file; a .pth or .pt file could run code.');
};

const initializersOf = (path: string): ReadonlyMap<string, LoadedTensor> =>
  new Map(
    readModelFile(path).graph.initializers.flatMap(({ name, dims, data }): [string, LoadedTensor][] =>
      data instanceof Float32Array ? [[name, { dims, floats: () => data }]] : [],
    ),
  );
