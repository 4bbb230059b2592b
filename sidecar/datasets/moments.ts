/** Mean, deviation and range of numbers that come one by one. */
export interface Moments {
  readonly see: (value: number) => void;
  readonly count: () => number;
  readonly mean: () => number;
  /** Over `rows` rows, those without a value counting as the mean; 1 where nothing varies, so that it can divide. */
  readonly deviation: (rows: number) => number;
  readonly least: () => number;
  readonly most: () => number;
}

/** Welford's recurrence: exact enough for numbers with a large mean and a small deviation. */
export const createMoments = (): Moments => {
  let count = 0;
  let mean = 0;
  let squares = 0;
  let least = Infinity;
  let most = -Infinity;
  return {
    see: (value) => {
      count += 1;
      const step = value - mean;
      mean += step / count;
      squares += step * (value - mean);
      least = Math.min(least, value);
      most = Math.max(most, value);
    },
    count: () => count,
    mean: () => mean,
    deviation: (rows) => {
      const deviation = Math.sqrt(squares / rows);
      return deviation > 0 && Number.isFinite(deviation) ? deviation : 1;
    },
    least: () => least,
    most: () => most,
  };
};
