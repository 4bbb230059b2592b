import type { MetricPoint } from '../../contract/run.ts';

/** At most four messages a second, however fast the steps are. */
const SEND_EVERY_MS = 250;

/** Collects points and hands them on together: every point is kept, and no step waits for the store. */
export const batchMetrics = (send: (points: readonly MetricPoint[]) => void) => {
  let pending: MetricPoint[] = [];
  let sentAt = performance.now();
  const flush = () => {
    if (pending.length > 0) send(pending);
    pending = [];
    sentAt = performance.now();
  };
  return {
    add: (point: MetricPoint) => {
      pending.push(point);
      if (performance.now() - sentAt >= SEND_EVERY_MS) flush();
    },
    flush,
  };
};
