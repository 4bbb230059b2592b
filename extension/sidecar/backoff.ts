/** Milliseconds to wait before each new start. */
const waits = [250, 500, 1_000, 2_000, 4_000] as const;
/** Failures that lie further back do not count. */
const WITHIN_MS = 3 * 60_000;

/**
 * How long to wait before the sidecar is started again.
 * @param failures instants of all failures so far, in milliseconds.
 * @returns null when it failed too often: five times within three minutes.
 */
export const nextWait = (failures: readonly number[], now: number): number | null => {
  const recent = failures.filter((at) => now - at < WITHIN_MS);
  return waits[recent.length - 1] ?? (recent.length === 0 ? 0 : null);
};
