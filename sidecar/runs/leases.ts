export interface Leases {
  readonly renew: (client: string) => void;
  readonly release: (client: string) => void;
  /** Clients that were heard of lately. */
  readonly count: () => number;
}

/** A client that was silent for this long is taken for dead, in milliseconds. */
const LEASE_MS = 15_000;

/** Who still needs the sidecar. Monotonic time, so that a changed clock ends nobody's lease. */
export const createLeases = (now: () => number = () => performance.now()): Leases => {
  const heard = new Map<string, number>();
  return {
    renew: (client) => void heard.set(client, now()),
    release: (client) => void heard.delete(client),
    count: () => {
      for (const [client, at] of heard) if (now() - at > LEASE_MS) heard.delete(client);
      return heard.size;
    },
  };
};
