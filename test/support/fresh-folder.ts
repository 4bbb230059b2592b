import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** A folder for one test, gone when the test is over; made in the test or before each one. */
export const freshFolder = (): string => {
  const folder = makeFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
};

/** A folder for all tests of a file or a `describe`, gone when the last is over; made while they are collected. */
export const sharedFolder = (): string => {
  const folder = makeFolder();
  afterAll(() => removeFolder(folder));
  return folder;
};

const makeFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'trainyard-')));

/** Processes that have just been told to end may still write. */
const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
