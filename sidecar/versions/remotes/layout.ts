import { createHash } from 'node:crypto';

/** Where things lie in a remote. What DVC keeps there lies beside it. */
export const homeFolder = 'trainyard/v1/';
export const refsFolder = `${homeFolder}refs/`;
export const indexFolder = `${homeFolder}index/`;
export const packsFolder = `${homeFolder}packs/`;
export const unneededKey = `${homeFolder}unneeded.json`;

export const packKey = (name: string): string => `${packsFolder}${name}.pack`;
export const indexKey = (name: string): string => `${indexFolder}${name}.index`;

const LONGEST = 160;

/**
 * The key of the list of versions of a data set: its path with every byte that some file system, bucket or URL could
 * take amiss as `=XX`. A path too long for a file name ends in its hash; the path itself stands inside.
 */
export const refKey = (path: string): string => {
  const name = Array.from(Buffer.from(path), (byte) => {
    const sign = String.fromCharCode(byte);
    return /[A-Za-z0-9._-]/.test(sign) ? sign : `=${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }).join('');
  const hash = () => createHash('sha256').update(path).digest('hex').slice(0, 32);
  return `${refsFolder}${name.length > LONGEST ? `${name.slice(0, LONGEST - 33)}=${hash()}` : name}.json`;
};
