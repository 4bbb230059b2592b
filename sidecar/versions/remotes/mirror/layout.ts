import type { DvcHash } from '../../dvc/output.ts';

/** Where DVC keeps what an MD5 names; DVC 2 kept what its own hash of text names at the top. */
export const filesFolder = 'files/md5/';

export const objectKey = (oid: string, hash: DvcHash): string =>
  `${hash === 'md5' ? filesFolder : ''}${oid.slice(0, 2)}/${oid.slice(2)}`;

/** @returns null for a key that is no object of DVC */
export const oidOf = (key: string): string | null => {
  const oid = key.slice(filesFolder.length).replace('/', '');
  return /^[0-9a-f]{32}(\.dir)?$/.test(oid) && objectKey(oid, 'md5') === key ? oid : null;
};
