import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { readSafeTensors, type ByteSource, type SafeTensor } from '../../sidecar/graph/safetensors.ts';

/** The tensors of a safetensors file, read when they are asked for. */
export const tensorsIn = (path: string): ReadonlyMap<string, SafeTensor> => readSafeTensors(sourceOf(path)).tensors;

const sourceOf = (path: string): ByteSource => ({
  size: statSync(path).size,
  read: (offset, length) => {
    const file = openSync(path, 'r');
    const bytes = new Uint8Array(length);
    const read = readSync(file, bytes, 0, length, offset);
    closeSync(file);
    if (read !== length) throw new Error(`${path} ends after ${offset + read} bytes.`);
    return bytes;
  },
});

/** |a − b| / |b| in the L2 norm. */
export const relativeError = (actual: ArrayLike<number>, truth: ArrayLike<number>): number => {
  if (actual.length !== truth.length) throw new Error(`${actual.length} numbers where ${truth.length} belong.`);
  let [difference, size] = [0, 0];
  for (let index = 0; index < truth.length; index += 1) {
    difference += (actual[index]! - truth[index]!) ** 2;
    size += truth[index]! ** 2;
  }
  return Math.sqrt(difference / size);
};
