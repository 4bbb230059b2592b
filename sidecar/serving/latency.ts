/** The newest durations, in a ring of fixed size. */
export interface Latency {
  readonly add: (ms: number) => void;
  /** @returns the middle and the 95th percentile (nearest rank) of the newest durations, null before the first */
  readonly read: () => { readonly p50: number | null; readonly p95: number | null };
}

const KEPT = 1024;

export const createLatency = (): Latency => {
  const ring = new Float64Array(KEPT);
  let added = 0;
  return {
    add: (ms) => {
      ring[added % KEPT] = ms;
      added += 1;
    },
    read: () => {
      const sorted = ring.slice(0, Math.min(added, KEPT)).sort();
      const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
      return { p50: rank(0.5), p95: rank(0.95) };
    },
  };
};
