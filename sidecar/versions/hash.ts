import { createHash, hash } from 'node:crypto';
import type { Hash } from '../contract/ids.ts';

/** SHA-256 of bytes in memory. Hexadecimal digits of a digest are a `Hash` by construction. */
export const sha256Of = (bytes: Uint8Array | string): Hash => hash('sha256', bytes, 'hex') as Hash;

/** MD5 of bytes in memory; only DVC's formats ask for it, nothing is trusted because of it. */
export const md5Of = (bytes: Uint8Array | string): string => hash('md5', bytes, 'hex');

export interface RunningHash {
  readonly update: (bytes: Uint8Array) => void;
  readonly digest: () => { readonly sha256: Hash; readonly md5: string };
}

/** Both names of a file that is too large to be held in memory. */
export const startHash = (): RunningHash => {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  return {
    update: (bytes) => {
      sha256.update(bytes);
      md5.update(bytes);
    },
    digest: () => ({ sha256: sha256.digest('hex') as Hash, md5: md5.digest('hex') }),
  };
};
