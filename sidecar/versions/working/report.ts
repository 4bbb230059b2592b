import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobContext } from '../../pipeline/job.ts';
import { MD5_IN_ROW_BYTES } from '../tree/version.ts';

export interface Report {
  /** Bytes of a large file that were worked on since the last time. @throws the signal's reason */
  readonly bytes: (more: number) => void;
  /**
   * These files are done. Lets the event loop turn now and then, so that an abort is heard and progress is sent.
   * @throws the signal's reason
   */
  readonly files: (sizes: readonly number[]) => Promise<void>;
}

export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** Of a large file the bytes are told while it is worked on. */
export const isLarge = (size: number): boolean => size > MD5_IN_ROW_BYTES;

const TURN_MS = 50;
/** What a file costs besides its bytes, as bytes. */
const FILE_COST = 32 << 10;

/** Tells the progress of work on files: how much of how much, how fast, and how long it will still take. @param verb as in “12 of 30 files read” */
export const startReport = (verb: string, total: Amount, { signal, progress }: JobContext): Report => {
  const done = { files: 0, bytes: 0 };
  const beganAt = performance.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  const all = costOf(total);
  const tell = () => {
    const now = performance.now();
    if (now - toldAt < TURN_MS) return false;
    toldAt = now;
    const fraction = all === 0 ? 1 : Math.min(1, costOf(done) / all);
    const passedMs = now - beganAt;
    const remainingMs = fraction === 0 ? undefined : (passedMs / fraction) * (1 - fraction);
    progress(fraction, describe(verb, done, total, passedMs), remainingMs);
    return true;
  };
  return {
    bytes: (more) => {
      done.bytes += more;
      tell();
      signal.throwIfAborted();
    },
    files: async (sizes) => {
      done.files += sizes.length;
      for (const size of sizes) if (!isLarge(size)) done.bytes += size;
      if (!tell()) return;
      await nextTurn();
      signal.throwIfAborted();
    },
  };
};

const costOf = ({ files, bytes }: Amount): number => files * FILE_COST + bytes;

const describe = (verb: string, done: Amount, total: Amount, passedMs: number): string => {
  const rate = done.bytes / (passedMs / 1000);
  return `${count(done.files)} of ${count(total.files)} files ${verb}, ${amount(done.bytes)} of ${amount(total.bytes)}, ${amount(rate)}/s`;
};

/** Like `toLocaleString('en')`, which takes 25 ms to wake: too much for a look that takes 300. */
export const count = (value: number): string => String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

const amount = (bytes: number): string => {
  const unit = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** unit;
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
};
