import { createRandom } from '../statistics/random.ts';

/** A fair choice of things that come one by one; the same things in the same order give the same choice. */
export interface Sample<Thing> {
  /** @param make is called only for a thing that is chosen */
  readonly see: (make: () => Thing) => void;
  /** In the order in which they came, unless more came than are kept. */
  readonly kept: () => readonly Thing[];
}

/** Vitter's algorithm R. @param most things that are kept */
export const createSample = <Thing>(most: number): Sample<Thing> => {
  const random = createRandom(0);
  const kept: Thing[] = [];
  let seen = 0;
  return {
    see: (make) => {
      seen += 1;
      if (kept.length < most) {
        kept.push(make());
        return;
      }
      const place = random.below(seen);
      if (place < most) kept[place] = make();
    },
    kept: () => kept,
  };
};
