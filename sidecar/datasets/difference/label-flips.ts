import type { LabelFlips } from '../../contract/data-difference.ts';

const MOST_PAIRS = 200;
const MOST_EXAMPLES = 5;
const MOST_CLASSES = 1_000;

/** Counts labels that became others. */
export interface FlipCounter {
  /** @param example how the row or picture is called; not asked for once there are enough */
  readonly see: (from: string, to: string, example: () => string) => void;
  readonly finish: (more: {
    readonly column: string | null;
    readonly compared: number;
    readonly classes: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  }) => LabelFlips;
}

/** @param named whether pairs are told apart; without, as for a target of numbers, flips are only counted */
export const createFlipCounter = (named: 'pairs' | 'count'): FlipCounter => {
  const pairs = new Map<string, { from: string; to: string; count: number; examples: string[] }>();
  let flipped = 0;
  return {
    see: (from, to, example) => {
      if (from === to) return;
      flipped += 1;
      if (named === 'count') return;
      const name = JSON.stringify([from, to]);
      const pair = pairs.get(name) ?? { from, to, count: 0, examples: [] };
      pair.count += 1;
      if (pair.examples.length < MOST_EXAMPLES) pair.examples.push(example());
      pairs.set(name, pair);
    },
    finish: ({ column, compared, classes }) => ({
      column,
      compared,
      flipped,
      pairs: [...pairs.values()]
        .sort((a, b) => b.count - a.count || (a.from + a.to < b.from + b.to ? -1 : 1))
        .slice(0, MOST_PAIRS),
      pairsTotal: pairs.size,
      classes: classes.slice(0, MOST_CLASSES),
    }),
  };
};
