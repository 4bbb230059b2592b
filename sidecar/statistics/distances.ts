/**
 * Distances between two share vectors over the same bins. Shares (or counts) of each side are divided by their sum first,
 * so that both sides sum to 1. All are 0 for equal shares and NaN when a side is empty.
 */
type Shares = ArrayLike<number>;

/** Jensen–Shannon distance √(½KL(p‖m) + ½KL(q‖m)), m the mean of both (Endres and Schindelin, 2003); natural logarithm, at most √ln 2. */
export const jensenShannon = (first: Shares, second: Shares): number => {
  const divergence = sumOver(first, second, (p, q) => {
    const middle = (p + q) / 2;
    return (information(p, middle) + information(q, middle)) / 2;
  });
  // Rounding may leave the sum of equal shares just below 0.
  return Math.sqrt(Math.max(0, divergence));
};

/** Kullback–Leibler divergence Σ p·ln(p/q), in nats; infinite where the second side lacks a bin that the first has. */
export const kullbackLeibler = (first: Shares, second: Shares): number => sumOver(first, second, information);

/** Hellinger distance √(1 − Σ√(pq)), in [0, 1]. */
export const hellinger = (first: Shares, second: Shares): number =>
  Math.sqrt(Math.max(0, 1 - sumOver(first, second, (p, q) => Math.sqrt(p * q))));

/** Total variation distance ½Σ|p − q|: the share of rows that would have to move; in [0, 1]. */
export const totalVariation = (first: Shares, second: Shares): number =>
  sumOver(first, second, (p, q) => Math.abs(p - q) / 2);

/**
 * Population stability index Σ (p − q)·ln(p/q) of shares taken as they are, without rescaling; infinite where one side
 * lacks a bin that the other has.
 */
export const populationStability = (first: Shares, second: Shares): number => {
  let sum = 0;
  for (let bin = 0; bin < first.length; bin++) {
    const p = first[bin] as number;
    const q = second[bin] as number;
    sum += p === q ? 0 : (p - q) * Math.log(p / q);
  }
  return sum;
};

/**
 * The population stability index of two *counts*, with half a row added on either side to each cell that one of them has
 * (Jeffreys' prior), so that a cell empty on one side stays finite and weighs less the fewer rows there are. Without any
 * drift its mean is about (cells − 1)·(1/n + 1/m). Trainyard's own preset; `evidently.ts` holds the other one. NaN when a
 * side is empty.
 */
export const smoothedStability = (first: ArrayLike<number>, second: ArrayLike<number>): number => {
  if (total(first) === 0 || total(second) === 0) return NaN;
  const isHeld = Array.from(first, (count, cell) => count + (second[cell] as number) > 0);
  return populationStability(smoothedShares(first, isHeld), smoothedShares(second, isHeld));
};

const smoothedShares = (counts: ArrayLike<number>, isHeld: readonly boolean[]): Float64Array => {
  const smoothed = Float64Array.from(counts, (count, cell) => (isHeld[cell] === true ? count + 0.5 : 0));
  const rows = total(smoothed);
  return smoothed.map((count) => count / rows);
};

const information = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));

const sumOver = (first: Shares, second: Shares, term: (p: number, q: number) => number): number => {
  const firstTotal = total(first);
  const secondTotal = total(second);
  let sum = 0;
  for (let bin = 0; bin < first.length; bin++)
    sum += term((first[bin] as number) / firstTotal, (second[bin] as number) / secondTotal);
  return firstTotal === 0 || secondTotal === 0 ? NaN : sum;
};

const total = (shares: Shares): number => {
  let sum = 0;
  for (let bin = 0; bin < shares.length; bin++) sum += shares[bin] as number;
  return sum;
};
