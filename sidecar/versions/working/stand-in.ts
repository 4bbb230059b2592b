import { isMainThread } from 'node:worker_threads';
import { dataNotVersionable } from '../../faults.ts';
import type { DataOnDisk } from './walk.ts';

/** Does what does not wait, from inside the folder of a data set. @throws Fault `dataset-unreadable` where it cannot be entered */
export type StandIn = <Result>(data: DataOnDisk, act: () => Result) => Result;

/**
 * For work on many files of one folder: the system looks up every part of a path each time it is told one, and from
 * inside the folder only the last parts are told. All of a process stands in one place, so it is left again at once.
 * @returns null in a thread, which cannot move, and in a process whose own folder is gone
 */
export const openStandIn = (): StandIn | null => {
  const home = isMainThread ? placeOfProcess() : null;
  if (home === null) return null;
  return (data, act) => {
    // One file needs no way.
    if (data.type === 'file') return act();
    enter(data);
    try {
      return act();
    } finally {
      process.chdir(home);
    }
  };
};

const enter = ({ path, absolute }: DataOnDisk): void => {
  try {
    process.chdir(absolute);
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw dataNotVersionable(path, error.message);
    throw error;
  }
};

const placeOfProcess = (): string | null => {
  try {
    return process.cwd();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};
