import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for one test, gone when the test is over. */
export const freshFolder = (): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trainyard-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
