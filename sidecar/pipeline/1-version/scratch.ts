import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ifThere } from '../../versions/if-there.ts';

/** No work takes so long; what is older was left by a process that was killed. */
const LEFT_AFTER_MS = 24 * 60 * 60 * 1_000;
/** Folders of this module, and drafts of files that are kept beside them. */
const left = /^(comparing|checking)-|^\.[0-9a-f-]{36}\.tmp$/;

/** Work with a folder for temporary files, which is removed whatever becomes of the work. @param folder made when it is not there */
export const inScratch = async <Result>(
  folder: string,
  what: 'comparing' | 'checking',
  work: (scratch: string) => Promise<Result>,
): Promise<Result> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeLeft(folder);
  const scratch = mkdtempSync(join(folder, `${what}-`));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const removeLeft = (folder: string): void => {
  const before = Date.now() - LEFT_AFTER_MS;
  for (const name of readdirSync(folder)) {
    if (!left.test(name)) continue;
    const path = join(folder, name);
    const touched = ifThere(() => statSync(path).mtimeMs);
    if (touched !== null && touched < before) rmSync(path, { recursive: true, force: true });
  }
};
