import { createLatency } from './latency.ts';
import type { TrafficFigures } from './route.ts';

/** Counts what an endpoint answered. */
export interface Traffic {
  readonly read: () => TrafficFigures;
  readonly answered: (status: number, ms: number, at: number) => void;
  readonly computed: (rows: number) => void;
}

export const createTraffic = (): Traffic => {
  const latency = createLatency();
  let requests = 0;
  let errors = 0;
  let rows = 0;
  let lastRequestAt: number | null = null;
  return {
    read: () => ({ requests, errors, rows, latencyMs: latency.read(), lastRequestAt }),
    answered: (status, ms, at) => {
      requests += 1;
      // A request that was wrong is the caller's; the endpoint failed only from 500 on.
      if (status >= 500) errors += 1;
      latency.add(ms);
      lastRequestAt = at;
    },
    computed: (more) => {
      rows += more;
    },
  };
};
