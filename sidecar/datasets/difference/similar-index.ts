import { onesIn } from './perceptual-hash.ts';

/** Hashes that differ in at most this many bits look alike. */
export const SIMILAR_BITS = 6;
/** One more than bits may differ, so that two similar hashes agree in at least one band. */
const BANDS = 8;

export interface Neighbour<Item> {
  readonly item: Item;
  readonly distance: number;
}

/** Finds hashes that are near, without comparing all with all. */
export interface SimilarIndex<Item> {
  readonly add: (hash: bigint, item: Item) => void;
  /** The nearest of the hashes that were added, and of equally near ones the first; null when none is similar. */
  readonly nearest: (hash: bigint) => Neighbour<Item> | null;
}

/**
 * An index over eight bands of eight bits (multi-index hashing; Norouzi, Punjani and Fleet, 2012): hashes that differ in
 * up to seven bits share a band, so that only those in the same eight buckets are compared. Equal hashes are kept once.
 */
export const createSimilarIndex = <Item>(): SimilarIndex<Item> => {
  const known = new Map<bigint, number>();
  const items: Item[] = [];
  const low: number[] = [];
  const high: number[] = [];
  const buckets = Array.from({ length: BANDS * 256 }, (): number[] => []);

  return {
    add: (hash, item) => {
      if (known.has(hash)) return;
      const place = items.length;
      known.set(hash, place);
      items.push(item);
      low.push(Number(hash & 0xffffffffn));
      high.push(Number(hash >> 32n));
      for (const bucket of bucketsOf(hash)) buckets[bucket]?.push(place);
    },
    nearest: (hash) => {
      const equal = known.get(hash);
      if (equal !== undefined) return { item: items[equal] as Item, distance: 0 };
      const [wantedLow, wantedHigh] = [Number(hash & 0xffffffffn), Number(hash >> 32n)];
      const apart = (place: number): number =>
        onesIn((low[place] ?? 0) ^ wantedLow) + onesIn((high[place] ?? 0) ^ wantedHigh);
      const best = { place: Infinity, distance: SIMILAR_BITS };
      for (const bucket of bucketsOf(hash)) {
        for (const place of buckets[bucket] ?? []) {
          const distance = apart(place);
          const isNearer = distance < best.distance || (distance === best.distance && place < best.place);
          if (isNearer) Object.assign(best, { place, distance });
        }
      }
      return best.place === Infinity ? null : { item: items[best.place] as Item, distance: best.distance };
    },
  };
};

const bucketsOf = (hash: bigint): number[] =>
  Array.from({ length: BANDS }, (_, band) => band * 256 + Number((hash >> BigInt(8 * band)) & 0xffn));
