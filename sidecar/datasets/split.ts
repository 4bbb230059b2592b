import { hash } from 'node:crypto';

export const parts = ['train', 'validation', 'test'] as const;
export type Part = (typeof parts)[number];

/** Row numbers of each part, ascending. Together they are all rows, each once. */
export type SplitRows = Readonly<Record<Part, Uint32Array>>;

export interface SplitOrder {
  readonly rows: number;
  /** Shares that add up to 1. */
  readonly shares: Readonly<Record<Part, number>>;
  readonly seed: number;
  /** What a row is known by, whatever other rows there are: the path of a picture, the number of a table's row. */
  readonly nameOf: (row: number) => string;
  /** Class of each row, when each class is to have the same shares. */
  readonly strata: ArrayLike<number> | null;
  /** Rows from this one on are the data set's own test part; null when it has none. */
  readonly testFrom: number | null;
}

/**
 * Divides rows by a seed. The order within a class comes from the seed and each row's own name, so that rows keep their
 * part when data is added: a model that learned from the earlier data is then not judged by rows it has seen, since
 * between the training and the test part of that order lies the validation part. Within a class each part gets its
 * share rounded down or up, and what is over goes to the part that is furthest behind, so that the totals are right as well. A data set's own test part stays what it is; the rest
 * is then divided between training and validation in the ratio of their shares.
 */
export const splitRows = (order: SplitOrder): SplitRows => {
  const { rows, testFrom, seed } = order;
  const free = Uint32Array.from({ length: testFrom ?? rows }, (_row, at) => at);
  const shares = testFrom === null ? order.shares : withoutTest(order.shares);
  const hashOf = (row: number) => hash('sha1', `${seed}\n${order.nameOf(row)}`, 'buffer');
  const behind = { train: 0, validation: 0, test: 0 };
  const found: Record<Part, number[]> = { train: [], validation: [], test: [] };
  for (const group of groupsOf(free, order.strata)) {
    const ordered = inHashOrder(group, hashOf);
    let from = 0;
    for (const [part, count] of allot(group.length, shares, behind)) {
      for (const row of ordered.subarray(from, from + count)) found[part].push(row);
      from += count;
    }
  }
  for (let row = testFrom ?? rows; row < rows; row++) found.test.push(row);
  return { train: ascending(found.train), validation: ascending(found.validation), test: ascending(found.test) };
};

/** In the order of the hashes; most are told apart by their first 48 bits, so that no more is held of them. */
const inHashOrder = (rows: Uint32Array, hashOf: (row: number) => Buffer): Uint32Array => {
  const keys = Float64Array.from(rows, (row) => hashOf(row).readUIntBE(0, 6));
  const places = Uint32Array.from(rows, (_row, at) => at).sort((a, b) => {
    const difference = (keys[a] ?? 0) - (keys[b] ?? 0);
    return difference === 0 ? hashOf(rows[a] ?? 0).compare(hashOf(rows[b] ?? 0)) : difference;
  });
  return places.map((place) => rows[place] ?? 0);
};

const withoutTest = ({ train, validation }: SplitOrder['shares']): SplitOrder['shares'] => {
  const whole = train + validation;
  return whole === 0
    ? { train: 1, validation: 0, test: 0 }
    : { train: train / whole, validation: validation / whole, test: 0 };
};

const groupsOf = (rows: Uint32Array, strata: ArrayLike<number> | null): Uint32Array[] => {
  if (strata === null) return [rows];
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const stratum = strata[row] ?? 0;
    const group = groups.get(stratum);
    if (group === undefined) groups.set(stratum, [row]);
    else group.push(row);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => Uint32Array.from(group));
};

/** Guards against shares such as 0.1 × 30 = 3.0000000000000004 being rounded up. */
const EPSILON = 1e-9;

/** @param behind how many rows each part still lacks from earlier groups; brought up to date */
const allot = (count: number, shares: SplitOrder['shares'], behind: Record<Part, number>): [Part, number][] => {
  const plan = parts.map((part) => {
    const exact = count * shares[part];
    const whole = Math.floor(exact + EPSILON);
    return { part, exact, count: whole, canGrow: exact - whole > EPSILON };
  });
  let over = count - plan.reduce((sum, { count: given }) => sum + given, 0);
  // A class that nothing trains on cannot be learned: its first row goes there.
  const claim = ({ part, exact, count: given }: (typeof plan)[number]) =>
    part === 'train' && given === 0 && exact > 0 ? Infinity : exact - given + behind[part];
  for (const entry of plan.filter(({ canGrow }) => canGrow).sort((a, b) => claim(b) - claim(a))) {
    if (over === 0) break;
    entry.count += 1;
    over -= 1;
  }
  for (const entry of plan) behind[entry.part] += entry.exact - entry.count;
  return plan.map(({ part, count: given }) => [part, given]);
};

const ascending = (rows: readonly number[]): Uint32Array => Uint32Array.from(rows).sort();
