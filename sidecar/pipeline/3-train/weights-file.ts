import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import { GraphError } from '../../graph/graph-error.ts';
import { readModel } from '../../graph/read.ts';
import { readSafeTensors, type ByteSource } from '../../graph/safetensors.ts';
import type { LoadedTensor } from '../../graph/weights/fit.ts';

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

const readAt = (file: number, offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const more = readSync(file, bytes, done, length - done, offset + done);
    if (more === 0) throw new GraphError(`The file ends after ${offset + done} bytes.`);
    done += more;
  }
  return bytes;
};

const tensorsOf = (path: string, source: ByteSource): ReadonlyMap<string, LoadedTensor> => {
  const kind = extname(path);
  if (kind === '.safetensors') return readSafeTensors(source).tensors;
  if (kind === '.onnx') return initializersOf(path);
  throw new GraphError('Weights come from a .safetensors or .onnx file; a .pth or .pt file could run code.');
};

const initializersOf = (path: string): ReadonlyMap<string, LoadedTensor> =>
  new Map(
    readModel(readFileSync(path)).graph.initializers.flatMap(({ name, dims, data }): [string, LoadedTensor][] =>
      data instanceof Float32Array ? [[name, { dims, floats: () => data }]] : [],
    ),
  );
