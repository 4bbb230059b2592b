/** What is left of a stream of numbers: enough for mean, variance, minimum and maximum. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly squares: number;
  /** 0 while there is no value, so that moments survive a trip through JSON. */
  readonly min: number;
  readonly max: number;
}

export const noMoments: Moments = { count: 0, mean: 0, squares: 0, min: 0, max: 0 };

/** The moments with one more value (Welford, 1962). */
export const addToMoments = (moments: Moments, value: number): Moments => {
  const count = moments.count + 1;
  const distance = value - moments.mean;
  const mean = moments.mean + distance / count;
  return {
    count,
    mean,
    squares: moments.squares + distance * (value - mean),
    min: count === 1 ? value : Math.min(moments.min, value),
    max: count === 1 ? value : Math.max(moments.max, value),
  };
};

/** The moments of two streams taken together (Chan, Golub and LeVeque, 1979). */
export const mergeMoments = (first: Moments, second: Moments): Moments => {
  if (first.count === 0) return second;
  if (second.count === 0) return first;
  const count = first.count + second.count;
  const distance = second.mean - first.mean;
  return {
    count,
    mean: first.mean + (distance * second.count) / count,
    squares: first.squares + second.squares + (distance * distance * first.count * second.count) / count,
    min: Math.min(first.min, second.min),
    max: Math.max(first.max, second.max),
  };
};

/** The moments of `values`; NaN and infinities are the caller's to leave out. */
export const momentsOf = (values: ArrayLike<number>): Moments => {
  let moments = noMoments;
  for (let i = 0; i < values.length; i++) moments = addToMoments(moments, values[i] as number);
  return moments;
};

/** Variance with divisor n − `lost` (0: of a population, 1: estimated from a sample). NaN when nothing is left to divide by. */
export const variance = (moments: Moments, lost: 0 | 1 = 0): number =>
  moments.count > lost ? moments.squares / (moments.count - lost) : NaN;
