/** Finite values in ascending order. NaN and infinities are left out. */
export const sortFinite = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values)
    .filter((value) => Number.isFinite(value))
    .sort();

/**
 * The quantile of ascending values, with linear interpolation between the two nearest ranks (type 7 of Hyndman and Fan,
 * 1996; NumPy's default). `share` in [0, 1]. NaN when there are no values.
 */
export const quantile = (ascending: ArrayLike<number>, share: number): number => {
  if (ascending.length === 0) return NaN;
  const rank = share * (ascending.length - 1);
  const below = Math.floor(rank);
  const low = ascending[below] as number;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] as number;
  const weight = rank - below;
  // Weighing the nearer end keeps equal neighbours equal and the ends exact.
  return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight);
};
