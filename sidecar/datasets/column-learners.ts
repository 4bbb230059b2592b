import type { ColumnTransform } from '../contract/features.ts';
import { settingInvalid } from '../faults.ts';
import { categoryOf, isMissing, ownText, parseNumber, type Cell } from './cells.ts';
import { calendarOf, parseTime } from './dates.ts';
import type { PlannedFeature } from './feature-plan.ts';
import { createMoments } from './moments.ts';
import { createSample } from './sample.ts';

/** What the training rows teach of one feature. */
export interface Learned {
  readonly transform: ColumnTransform;
  /** Per encoded number: what the model itself takes away and divides by. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** What a person should know about it. */
  readonly note?: string;
}

export interface ColumnLearner {
  /** Takes the cell of one training row; rows of other parts must not come here. */
  readonly see: (cell: Cell) => void;
  /**
   * @param rows that were seen
   * @returns a note instead where nothing can be made of the column
   * @throws Fault `configuration-invalid` where something was asked of it that it does not hold
   */
  readonly learn: (rows: number) => Learned | { readonly transform?: never; readonly note: string };
}

/** Share of cells that must be numbers for a column to be one; the others are then errors and not categories. */
const NUMERIC_SHARE = 0.95;
/** Most categories that become columns of their own, the most frequent ones. */
const MOST_CATEGORIES = 100;
/** Different texts that are counted; a column with more is text and not a category. */
const MOST_COUNTED = 10_000;
const DEFAULT_CELLS = 64;
const DEFAULT_QUANTILES = 10;
/** Values that quantiles are taken of: those of more rows are right to a third of a percent. */
const SAMPLED_VALUES = 65_536;

const unchanged = (width: number) => ({
  mean: new Array<number>(width).fill(0),
  std: new Array<number>(width).fill(1),
});

/** A learner of numbers, which says in words where the column holds something else. */
const ofNumbers = (
  feature: PlannedFeature,
  parse: (cell: Cell) => number | null,
  learn: (rows: number) => Learned,
  take: (value: number) => void,
): ColumnLearner => {
  let present = 0;
  let numbers = 0;
  return {
    see: (cell) => {
      if (isMissing(cell)) return;
      present += 1;
      const value = parse(cell);
      if (value === null) return;
      numbers += 1;
      take(value);
    },
    learn: (rows) => {
      const { column, place, transform } = feature;
      if (present === 0)
        throw settingInvalid(place, `the column “${column}” is empty in all training rows`, 'Remove it.');
      if (numbers < present * NUMERIC_SHARE) {
        const wanted = transform === 'date' ? 'dates' : 'numbers';
        const instead =
          transform === 'date' ? 'Write dates as 2026-11-24 or 2026-11-24T17:30:00Z' : 'Use onehot or hash';
        throw settingInvalid(`${place}.transform`, `the column “${column}” holds no ${wanted}`, `${instead}.`);
      }
      return learn(rows);
    },
  };
};

type Learner = (feature: PlannedFeature) => ColumnLearner;

const plainNumber: Learner = (feature) => {
  const moments = createMoments();
  const { column } = feature;
  return ofNumbers(
    feature,
    parseNumber,
    (rows) => ({
      transform: { kind: 'number', column, fill: moments.mean() },
      mean: [moments.mean()],
      std: [moments.deviation(rows)],
    }),
    moments.see,
  );
};

const standard: Learner = (feature) => {
  const moments = createMoments();
  const { column } = feature;
  return ofNumbers(
    feature,
    parseNumber,
    (rows) => ({
      transform: {
        kind: 'scaled',
        column,
        fill: moments.mean(),
        shift: moments.mean(),
        scale: moments.deviation(rows),
      },
      ...unchanged(1),
    }),
    moments.see,
  );
};

const minMax: Learner = (feature) => {
  const moments = createMoments();
  const { column } = feature;
  return ofNumbers(
    feature,
    parseNumber,
    () => {
      const shift = moments.least();
      const range = moments.most() - shift;
      const scale = range > 0 && Number.isFinite(range) ? range : 1;
      return { transform: { kind: 'scaled', column, fill: moments.mean(), shift, scale }, ...unchanged(1) };
    },
    moments.see,
  );
};

const logarithm: Learner = (feature) => {
  const raw = createMoments();
  const logarithms = createMoments();
  const { column } = feature;
  return ofNumbers(
    feature,
    parseNumber,
    (rows) => ({
      transform: { kind: 'log1p', column, fill: raw.mean() },
      mean: [logarithms.mean()],
      std: [logarithms.deviation(rows)],
    }),
    (value) => {
      // What has no logarithm is refused by its row when it is encoded.
      if (value <= -1) return;
      raw.see(value);
      logarithms.see(Math.log1p(value));
    },
  );
};

const quantiles: Learner = (feature) => {
  const { column, buckets = DEFAULT_QUANTILES } = feature;
  const sample = createSample<number>(SAMPLED_VALUES);
  return ofNumbers(
    feature,
    parseNumber,
    () => {
      const boundaries = typeof buckets === 'number' ? boundariesOf(sample.kept(), buckets) : [...buckets];
      return { transform: { kind: 'bucket', column, boundaries }, ...unchanged(boundaries.length + 1) };
    },
    (value) => sample.see(() => value),
  );
};

/** Inner quantiles, each once: where many values are equal there are fewer cells. */
const boundariesOf = (values: readonly number[], cells: number): number[] => {
  const sorted = values.toSorted((a, b) => a - b);
  const inner = Array.from({ length: cells - 1 }, (_, at) => {
    const place = ((at + 1) / cells) * (sorted.length - 1);
    const [low = 0, high = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place - Math.floor(place));
  });
  const different = [...new Set(inner)].filter((bound) => bound > (sorted[0] ?? 0));
  return different.length > 0 ? different : [sorted.at(-1) ?? 0];
};

const date: Learner = (feature) => {
  const { column } = feature;
  const parts = Array.from({ length: 5 }, createMoments);
  return ofNumbers(
    feature,
    parseTime,
    (rows) => {
      const mean = parts.map((part) => part.mean());
      return { transform: { kind: 'date', column, fill: mean }, mean, std: parts.map((part) => part.deviation(rows)) };
    },
    (seconds) => {
      for (const [at, value] of calendarOf(seconds).entries()) parts[at]?.see(value);
    },
  );
};

const hashed: Learner = ({ column, buckets }) => {
  const cells = typeof buckets === 'number' ? buckets : DEFAULT_CELLS;
  return {
    see: () => undefined,
    learn: () => ({ transform: { kind: 'hash', column, buckets: cells }, ...unchanged(cells) }),
  };
};

/** Counts of different texts, up to a number of them. */
const createTally = () => {
  const counts = new Map<string, number>();
  return {
    see: (cell: Cell): void => {
      const category = categoryOf(cell);
      const seen = counts.get(category);
      if (seen !== undefined) counts.set(category, seen + 1);
      else if (counts.size < MOST_COUNTED) counts.set(ownText(category), 1);
    },
    different: () => counts.size,
    /** Most frequent first. */
    frequent: () => [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)),
  };
};

type Tally = ReturnType<typeof createTally>;

const categoriesOf = ({ column, minCount, place }: PlannedFeature, tally: Tally): Learned => {
  const counted = tally.frequent();
  if (counted.length === 0) {
    throw settingInvalid(place, `the column “${column}” is empty in all training rows`, 'Remove it.');
  }
  const kept = counted.filter(([, count]) => count >= (minCount ?? 1)).slice(0, MOST_CATEGORIES);
  const names = kept.map(([name]) => name);
  if (minCount !== undefined) {
    const transform = { kind: 'onehot', column, categories: names, others: true } as const;
    return { transform, ...unchanged(names.length + 1) };
  }
  const left = counted.length > kept.length;
  const note = `Of the column “${column}” the ${kept.length} most frequent texts are categories, all others none.`;
  return {
    transform: { kind: 'onehot', column, categories: names },
    ...unchanged(names.length),
    ...(left ? { note } : {}),
  };
};

const categories: Learner = (feature) => {
  const tally = createTally();
  return {
    see: (cell) => {
      if (!isMissing(cell)) tally.see(cell);
    },
    learn: () => categoriesOf(feature, tally),
  };
};

const auto: Learner = (feature) => {
  const { column } = feature;
  const asNumber = plainNumber(feature);
  const tally = createTally();
  let present = 0;
  let numbers = 0;
  return {
    see: (cell) => {
      if (isMissing(cell)) return;
      present += 1;
      if (parseNumber(cell) !== null) numbers += 1;
      tally.see(cell);
      asNumber.see(cell);
    },
    learn: (rows) => {
      if (present === 0) return { note: `The column “${column}” is empty in all training rows and is no feature.` };
      if (numbers >= present * NUMERIC_SHARE) return asNumber.learn(rows);
      if (tally.different() > MOST_CATEGORIES && tally.different() > present / 2) {
        return { note: `The column “${column}” has a different text in most rows and is no feature.` };
      }
      return categoriesOf(feature, tally);
    },
  };
};

const learners: Readonly<Record<PlannedFeature['transform'], Learner>> = {
  auto,
  none: plainNumber,
  standard,
  minmax: minMax,
  log1p: logarithm,
  bucket: quantiles,
  onehot: categories,
  hash: hashed,
  date,
};

/** Learns how one column becomes numbers, from the rows it is shown and nothing else. */
export const createColumnLearner = (feature: PlannedFeature): ColumnLearner => learners[feature.transform](feature);
