import type { JobContext } from '../../pipeline/job.ts';

export interface Traffic {
  /** So many bytes more are there. */
  readonly add: (bytes: number) => void;
}

/** The last so long decides how fast it goes. */
const WINDOW_MS = 5_000;
/** Nobody reads faster, and there may be a million objects. */
const STEP_MS = 100;

/** Progress of a transfer: bytes of bytes, the speed of the last seconds, and the time that is left at that speed. */
export const countBytes = (
  total: number,
  verb: string,
  { progress, signal }: JobContext,
  clock: () => number = () => performance.now(),
): Traffic => {
  let bytes = 0;
  let toldAt = clock();
  let marks = [{ at: toldAt, bytes: 0 }];
  const tell = (now: number) => {
    toldAt = now;
    marks.push({ at: now, bytes });
    marks = marks.slice(
      Math.max(
        0,
        marks.findIndex(({ at }) => at >= now - WINDOW_MS),
      ),
    );
    const [first = { at: now, bytes }] = marks;
    const perMs = (bytes - first.bytes) / Math.max(1, now - first.at);
    const note = `${inMegabytes(bytes)} of ${inMegabytes(total)} MB ${verb}, ${(perMs / 1000).toFixed(1)} MB/s`;
    progress(total === 0 ? 1 : Math.min(1, bytes / total), note, perMs > 0 ? (total - bytes) / perMs : undefined);
  };
  tell(toldAt);
  return {
    add: (more) => {
      bytes += more;
      signal.throwIfAborted();
      const now = clock();
      if ((bytes === total && more > 0) || now - toldAt >= STEP_MS) tell(now);
    },
  };
};

/** Without the unit: `12.3`. */
export const inMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
