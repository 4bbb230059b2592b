import { readSync } from 'node:fs';
import { GraphError } from '../../graph/graph-error.ts';

/** Exactly `length` bytes of an open file. @throws GraphError where it ends before */
export const readAt = (file: number, offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const more = readSync(file, bytes, done, length - done, offset + done);
    if (more === 0) throw new GraphError(`The file ends after ${offset + done} bytes.`);
    done += more;
  }
  return bytes;
};
