import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const pauseMs = 200;

/**
 * Waits until nobody else receives this file. The lock names the process that holds it; one that is gone holds nothing.
 * @returns lets go
 */
export const lockPart = async (part: string, signal: AbortSignal): Promise<() => void> => {
  const path = `${part}.lock`;
  while (!take(path)) {
    if (!isHeld(path)) rmSync(path, { force: true });
    else await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  return () => rmSync(path, { force: true });
};

const take = (path: string): boolean => {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
};

const isHeld = (path: string): boolean => {
  const holder = Number(readHolder(path));
  // Empty for the moment between its making and its writing.
  if (holder === 0) return true;
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return !isCode(error, 'ESRCH');
  }
};

const readHolder = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return '';
    throw error;
  }
};

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
