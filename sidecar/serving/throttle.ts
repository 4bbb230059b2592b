/** Tells of changes, but not more often than people can follow. */
export interface Throttle {
  /** Tells now, or once after the pause when something was told just before. */
  readonly soon: () => void;
  /** Tells at once, whatever was told before. */
  readonly now: () => void;
}

export const createThrottle = (pauseMs: number, tell: () => void): Throttle => {
  let toldAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const now = (): void => {
    clearTimeout(timer);
    timer = undefined;
    toldAt = performance.now();
    tell();
  };
  return {
    now,
    soon: () => {
      if (timer !== undefined) return;
      const wait = toldAt + pauseMs - performance.now();
      if (wait <= 0) return now();
      timer = setTimeout(now, wait);
      timer.unref();
    },
  };
};
