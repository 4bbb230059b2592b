import { smoothedStability } from './distances.ts';
import { momentsOf, variance } from './moments.ts';
import { createRandom, shuffle } from './random.ts';

/**
 * The scores of chunks of the reference against the rest of it: what a window of `chunkRows` rows scores when nothing has
 * drifted. `cells` names the cell of every reference row (`numericCell`, `categoryCell`). Rows are drawn at random, because a reference is often sorted by
 * class or file and its neighbours are no fair sample; at most half of them make a chunk.
 */
export const referenceChunkScores = ({
  cells,
  chunkRows,
  chunks = 20,
  seed = 0,
}: {
  readonly cells: ArrayLike<number>;
  readonly chunkRows: number;
  readonly chunks?: number;
  readonly seed?: number;
}): Float64Array => {
  const random = createRandom(seed);
  const shuffled = Uint32Array.from(cells);
  const cellCount = shuffled.reduce((most, cell) => Math.max(most, cell + 1), 0);
  const rows = Math.min(chunkRows, Math.floor(cells.length / 2));
  return Float64Array.from({ length: chunks }, () => {
    shuffle(shuffled, random);
    return smoothedStability(
      countCells(shuffled.subarray(rows), cellCount),
      countCells(shuffled.subarray(0, rows), cellCount),
    );
  });
};

/**
 * The threshold learned from reference chunks: their mean + 3σ (σ with divisor n; undefined scores left out), as NannyML
 * does, but never under `atLeast`. With many rows chance scores almost nothing, and an alarm would then mean no harm: 0.1
 * is where the field begins to speak of a change.
 */
export const calibrateThreshold = (scores: ArrayLike<number>, atLeast = 0.1): number => {
  const moments = momentsOf(Array.from(scores).filter((score) => !Number.isNaN(score)));
  return moments.count === 0 ? atLeast : Math.max(atLeast, moments.mean + 3 * Math.sqrt(variance(moments)));
};

const countCells = (cells: Uint32Array, cellCount: number): Float64Array => {
  const counts = new Float64Array(cellCount);
  for (const cell of cells) counts[cell] = (counts[cell] as number) + 1;
  return counts;
};
