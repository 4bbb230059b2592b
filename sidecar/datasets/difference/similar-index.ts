import { roomFor } from './content-numbers.ts';
import { onesIn } from './perceptual-hash.ts';

/** Hashes that differ in at most this many bits look alike. */
export const SIMILAR_BITS = 6;
const BITS = 64;
const BANDS = 4;
const BAND_BITS = BITS / BANDS;
const BAND_VALUES = 1 << BAND_BITS;
/**
 * More hashes than these in the buckets that a search has to look through, and it asks for each hash within two bits
 * first: as many look-ups, however many hashes there are.
 */
const FEW_CANDIDATES = 4_096;

export interface Neighbour {
  readonly item: number;
  readonly distance: number;
}

/** Finds hashes that are near, without comparing all with all. */
export interface SimilarIndex {
  /** @param item what the hash stands for; of equal hashes the first is kept */
  readonly add: (hash: bigint, item: number) => void;
  /** The nearest of the hashes that were added, and of equally near ones the first; null when none is similar. */
  readonly nearest: (hash: bigint) => Neighbour | null;
  /** How many hashes it has looked at since it was made. */
  readonly looked: () => number;
}

/**
 * An index over four bands of 16 bits (multi-index hashing; Norouzi, Punjani and Fleet, 2012). Of two hashes that differ
 * in at most six bits, one of the first three bands differs in at most one bit, or else the fourth in none: they would
 * differ in 2 + 2 + 2 bits before it. So 3 · 17 + 1 of 4 · 65,536 buckets are looked through, one hash in 1,260 where
 * hashes are spread evenly. Where they are not, as among the frames of a film, near ones abound and are found by asking
 * for them. All of it lies in typed arrays, about 44 bytes a hash.
 */
export const createSimilarIndex = (fewCandidates = FEW_CANDIDATES): SimilarIndex => {
  const hashes = createHashes();
  const buckets = createBuckets();
  let items = new Int32Array(1_024);
  let looked = 0;

  /** The first hash that differs in exactly the bits of one of these pairs of words, or −1. */
  const firstIn = (ring: Int32Array, low: number, high: number): number => {
    let first = -1;
    for (let at = 0; at < ring.length; at += 2) {
      const place = hashes.find(low ^ (ring[at] ?? 0), high ^ (ring[at + 1] ?? 0));
      if (place !== -1 && (first === -1 || place < first)) first = place;
    }
    looked += ring.length / 2;
    return first;
  };
  const answer = (place: number, distance: number): Neighbour => ({ item: items[place] ?? 0, distance });
  const search = (wanted: readonly number[], low: number, high: number): Neighbour | null => {
    let [best, least] = [-1, SIMILAR_BITS + 1];
    for (const bucket of wanted) {
      for (let place = buckets.first(bucket); place !== -1; place = buckets.after(bucket, place)) {
        looked += 1;
        const distance = hashes.apart(place, low, high);
        if (distance > least || (distance === least && place >= best)) continue;
        [best, least] = [place, distance];
      }
    }
    return least > SIMILAR_BITS ? null : answer(best, least);
  };

  return {
    looked: () => looked,
    add: (hash, item) => {
      const [low, high] = wordsOf(hash);
      if (hashes.find(low, high) !== -1) return;
      const place = hashes.add(low, high);
      items = roomFor(items, place + 1);
      items[place] = item;
      buckets.add(place, low, high);
    },
    nearest: (hash) => {
      const [low, high] = wordsOf(hash);
      const equal = hashes.find(low, high);
      if (equal !== -1) return answer(equal, 0);
      const wanted = bucketsNear(low, high);
      if (buckets.sizeOf(wanted) > fewCandidates) {
        for (const [at, ring] of rings.entries()) {
          const first = firstIn(ring, low, high);
          if (first !== -1) return answer(first, at + 1);
        }
      }
      return search(wanted, low, high);
    },
  };
};

const wordsOf = (hash: bigint): [number, number] => [Number(hash & 0xffffffffn) | 0, Number(hash >> 32n) | 0];

/** Every bit, and every two bits, as pairs of a lower and an upper word. */
const rings: readonly Int32Array[] = (() => {
  const bits = Array.from({ length: BITS }, (_, bit) => [bit < 32 ? 1 << bit : 0, bit < 32 ? 0 : 1 << bit] as const);
  const pairs = bits.flatMap(([low, high], at) => bits.slice(at + 1).map(([a, b]) => [low | a, high | b] as const));
  return [Int32Array.from(bits.flat()), Int32Array.from(pairs.flat())];
})();

/** All hashes, each once, found by their bits. */
const createHashes = () => {
  let low = new Int32Array(1_024);
  let high = new Int32Array(1_024);
  let count = 0;
  // A slot holds a place plus one; zero is free. At most half are taken.
  let slots = new Uint32Array(2_048);
  const slotOf = (lowBits: number, highBits: number): number => {
    const mask = slots.length - 1;
    let at = mix(lowBits, highBits) & mask;
    for (;;) {
      const place = (slots[at] ?? 0) - 1;
      if (place === -1 || (low[place] === lowBits && high[place] === highBits)) return at;
      at = (at + 1) & mask;
    }
  };
  const put = (place: number): void => {
    slots[slotOf(low[place] ?? 0, high[place] ?? 0)] = place + 1;
  };
  return {
    /** @returns its place, −1 for one that is not there */
    find: (lowBits: number, highBits: number): number => (slots[slotOf(lowBits, highBits)] ?? 0) - 1,
    /** @returns its place */
    add: (lowBits: number, highBits: number): number => {
      const place = count;
      count += 1;
      [low, high] = [roomFor(low, count), roomFor(high, count)];
      [low[place], high[place]] = [lowBits, highBits];
      if (count * 2 > slots.length) {
        slots = new Uint32Array(slots.length * 2);
        for (let one = 0; one < place; one++) put(one);
      }
      put(place);
      return place;
    },
    /** In how many bits the hash at a place differs from these. */
    apart: (place: number, lowBits: number, highBits: number): number =>
      onesIn((low[place] ?? 0) ^ lowBits) + onesIn((high[place] ?? 0) ^ highBits),
  };
};

/** Spreads hashes of which only a few bits differ (the end of MurmurHash3; Appleby, 2011). */
const mix = (low: number, high: number): number => {
  let mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
};

/** Places by the value of each band, as chains through one array. */
const createBuckets = () => {
  // Of every bucket its latest place plus one, and how many there are.
  const latest = new Uint32Array(BANDS * BAND_VALUES);
  const sizes = new Uint32Array(BANDS * BAND_VALUES);
  // Of every place, band by band, the place before it in its bucket, plus one.
  let before = new Uint32Array(1_024 * BANDS);
  return {
    add: (place: number, low: number, high: number): void => {
      before = roomFor(before, (place + 1) * BANDS);
      for (let band = 0; band < BANDS; band++) {
        const bucket = band * BAND_VALUES + bandOf(band, low, high);
        before[place * BANDS + band] = latest[bucket] ?? 0;
        latest[bucket] = place + 1;
        sizes[bucket] = (sizes[bucket] ?? 0) + 1;
      }
    },
    /** @returns −1 at the end of a bucket, as `after` does */
    first: (bucket: number): number => (latest[bucket] ?? 0) - 1,
    after: (bucket: number, place: number): number => (before[place * BANDS + (bucket >>> BAND_BITS)] ?? 0) - 1,
    sizeOf: (wanted: readonly number[]): number => wanted.reduce((sum, bucket) => sum + (sizes[bucket] ?? 0), 0),
  };
};

const bandOf = (band: number, low: number, high: number): number =>
  ((band < 2 ? low : high) >>> (BAND_BITS * (band & 1))) & (BAND_VALUES - 1);

/** Buckets of the first three bands within one bit, and that of the fourth. */
const bucketsNear = (low: number, high: number): number[] => {
  const near: number[] = [];
  for (let band = 0; band < BANDS; band++) {
    const bucket = band * BAND_VALUES + bandOf(band, low, high);
    near.push(bucket);
    for (let bit = 0; band < BANDS - 1 && bit < BAND_BITS; bit++) near.push(bucket ^ (1 << bit));
  }
  return near;
};
