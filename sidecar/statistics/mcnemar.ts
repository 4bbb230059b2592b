import { refuseUnequal } from './bootstrap.ts';
import { chiSquareAbove, fairCoinsAtMost, normalQuantile } from './distributions.ts';

/** How two models did on the same rows. */
export interface PairedOutcomes {
  readonly rows: number;
  readonly bothRight: number;
  readonly bothWrong: number;
  /** Rows that only the first model got right. */
  readonly onlyFirst: number;
  /** Rows that only the second model got right. */
  readonly onlySecond: number;
}

/**
 * Counts wins and losses of two models on the same rows. `right` values are 1 (or true) where a model was right.
 * @throws RangeError when the models were not scored on equally many rows
 */
export const countPairedOutcomes = (
  first: ArrayLike<number | boolean>,
  second: ArrayLike<number | boolean>,
): PairedOutcomes => {
  refuseUnequal(first.length, second.length);
  const cells = [0, 0, 0, 0] as [number, number, number, number];
  for (let row = 0; row < first.length; row++) {
    const cell = (isRight(first[row]) ? 2 : 0) + (isRight(second[row]) ? 1 : 0);
    cells[cell] = (cells[cell] as number) + 1;
  }
  const [bothWrong, onlySecond, onlyFirst, bothRight] = cells;
  return { rows: first.length, bothRight, bothWrong, onlyFirst, onlySecond };
};

/**
 * McNemar's test (1947) that two models are right equally often on the same rows: the two-sided p-value from b and c,
 * the rows that only one of them got right. Exact below 25 such rows, p = min(1, 2·P(X ≤ min(b, c))) with
 * X ~ Bin(b + c, ½); otherwise (|b − c| − 1)²/(b + c) against chi-square with one degree of freedom. Identical models give 1.
 */
export const mcnemar = (onlyFirst: number, onlySecond: number): { readonly p: number; readonly exact: boolean } => {
  const discordant = onlyFirst + onlySecond;
  return discordant < 25
    ? { p: mcnemarExact(onlyFirst, onlySecond), exact: true }
    : { p: chiSquareAbove((Math.abs(onlyFirst - onlySecond) - 1) ** 2 / discordant, 1), exact: false };
};

/** The exact two-sided p-value of McNemar's test, for any number of rows. */
export const mcnemarExact = (onlyFirst: number, onlySecond: number): number =>
  Math.min(1, 2 * fairCoinsAtMost(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond));

/**
 * Rows that two models must be scored on so that McNemar's test sees a difference of p_b − p_c, the shares of rows that
 * only one of them gets right: (z₁₋α⁄₂ + z_power)²·(p_b + p_c − (p_b − p_c)²)/(p_b − p_c)². Infinity when they are equal.
 */
export const rowsToDecide = (
  shareOnlyFirst: number,
  shareOnlySecond: number,
  { power = 0.8, alpha = 0.05 }: { readonly power?: number; readonly alpha?: number } = {},
): number => {
  const difference = (shareOnlyFirst - shareOnlySecond) ** 2;
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return difference === 0 ? Infinity : (z * z * (shareOnlyFirst + shareOnlySecond - difference)) / difference;
};

const isRight = (value: number | boolean | undefined): boolean => value === true || value === 1;
