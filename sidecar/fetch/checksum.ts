import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export interface Checksum {
  readonly algorithm: 'sha256' | 'md5';
  /** Hexadecimal, lower case. */
  readonly digest: string;
}

/** Digest of a file, hexadecimal. */
export const digestOf = async (path: string, algorithm: Checksum['algorithm']): Promise<string> => {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
};

/** @returns null where the file has this checksum, else the one that it has */
export const checkDigest = async (path: string, { algorithm, digest }: Checksum): Promise<string | null> => {
  const found = await digestOf(path, algorithm);
  return found === digest ? null : found;
};
