import { afterAll, onTestFinished } from 'vitest';
import { freshFolder, sharedFolder } from './fresh-folder.ts';
import { endSidecars } from './workspace.ts';

/** A folder for one test to start sidecars in: when the test is over they are ended, and then it is gone. */
export const freshWorkspace = (): string => {
  const root = freshFolder();
  onTestFinished(endSidecars);
  return root;
};

/** The same for all tests of a file or a `describe`; made while they are collected. */
export const sharedWorkspace = (): string => {
  const root = sharedFolder();
  afterAll(endSidecars);
  return root;
};
