import { isMainThread } from 'node:worker_threads';

/** Does what does not wait, from inside a folder. */
export type StandIn = <Result>(folder: string, act: () => Result) => Result;

/**
 * For work on many files of one folder: the system looks up every part of a path each time it is told one, and from
 * inside the folder only the last parts are told. All of a process stands in one place, so it is left again at once.
 * @returns null in a thread, which cannot move, and in a process whose own folder is gone
 */
export const openStandIn = (): StandIn | null => {
  const home = isMainThread ? placeOfProcess() : null;
  if (home === null) return null;
  return (folder, act) => {
    process.chdir(folder);
    try {
      return act();
    } finally {
      process.chdir(home);
    }
  };
};

const placeOfProcess = (): string | null => {
  try {
    return process.cwd();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};
