import { statfsSync } from 'node:fs';
import { spaceMissing } from '../faults.ts';

/** @throws Fault `disk-full` when the disk that holds `folder` has not so many bytes left */
export const needSpace = (folder: string, bytes: number): void => {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (bytes > free) throw spaceMissing(folder, { needed: bytes, free });
};
