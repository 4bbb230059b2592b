import { chiSquareAbove } from './distributions.ts';

export interface ChiSquare {
  readonly statistic: number;
  readonly p: number;
  readonly degrees: number;
}

/**
 * Pearson's chi-square test that observed counts come from expected ones (Pearson, 1900). Statistic ∞ and p 0 where
 * something was observed that was not expected at all; p NaN with fewer than two cells.
 */
export const chiSquareOfCounts = (observed: ArrayLike<number>, expected: ArrayLike<number>): ChiSquare => {
  let statistic = 0;
  for (let cell = 0; cell < observed.length; cell++)
    statistic += squaredResidual(observed[cell] as number, expected[cell] as number);
  const degrees = observed.length - 1;
  return { statistic, degrees, p: chiSquareAbove(statistic, degrees) };
};

/**
 * Chi-square test that two samples share one distribution over the same cells (a 2 × k table, no continuity correction).
 * Cells that neither sample has are left out; p is 1 when at most one cell remains, NaN when a sample is empty.
 */
export const chiSquareOfSamples = (first: ArrayLike<number>, second: ArrayLike<number>): ChiSquare => {
  const cells = Array.from(first, (count, cell): Cell => [count, second[cell] as number]).filter(
    ([one, other]) => one + other > 0,
  );
  const rows = addCells(cells);
  const all = rows[0] + rows[1];
  const statistic = cells
    .flatMap((cell) =>
      cell.map((count, side) => squaredResidual(count, ((cell[0] + cell[1]) * (rows[side] as number)) / all)),
    )
    .reduce((sum, part) => sum + part, 0);
  const degrees = Math.max(0, cells.length - 1);
  return {
    statistic,
    degrees,
    p: degrees === 0 && rows[0] > 0 && rows[1] > 0 ? 1 : chiSquareAbove(statistic, degrees),
  };
};

/**
 * Pools the cells whose expected count falls below `atLeast` on either side into one, so that the chi-square
 * approximation holds (Cochran, 1954).
 */
export const poolRareCells = (
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  atLeast = 5,
): { readonly first: number[]; readonly second: number[] } => {
  const cells = Array.from(first, (count, cell): Cell => [count, second[cell] as number]);
  const [n, m] = addCells(cells);
  const smaller = Math.min(n, m) / (n + m);
  const isRare = ([one, other]: Cell) => (one + other) * smaller < atLeast;
  const rare = cells.filter(isRare);
  const kept = [...cells.filter((cell) => !isRare(cell)), ...(rare.length > 0 ? [addCells(rare)] : [])];
  return { first: kept.map(([one]) => one), second: kept.map(([, other]) => other) };
};

/** How many rows of the first and of the second sample. */
type Cell = readonly [number, number];

const addCells = (cells: readonly Cell[]): Cell => [
  cells.reduce((sum, [one]) => sum + one, 0),
  cells.reduce((sum, [, other]) => sum + other, 0),
];

const squaredResidual = (observed: number, expected: number): number => (observed - expected) ** 2 / expected;
