import { parts, type SplitOrder, type SplitRows } from './split.ts';

/**
 * The newest rows are the test part, the next newest validate, and the model learns from all older ones: it is judged
 * as it will be used, on what came after. Rows of the same time keep the order of the file.
 * @param times of each row; any unit
 */
export const splitByTime = (times: Float64Array, shares: SplitOrder['shares']): SplitRows => {
  const ordered = Uint32Array.from(times, (_, row) => row).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const [train = 0, validation = 0] = parts.map((part) => Math.round(times.length * shares[part]));
  const end = Math.min(times.length, train + validation);
  return {
    train: ordered.slice(0, train).sort(),
    validation: ordered.slice(train, end).sort(),
    test: ordered.slice(end).sort(),
  };
};
