import { hash } from 'node:crypto';
import { parts, type Part, type SplitOrder, type SplitRows } from './split.ts';

export interface GroupSplitOrder extends Pick<SplitOrder, 'shares' | 'seed' | 'strata'> {
  /** Number of each row's group, from 0. */
  readonly groupOf: ArrayLike<number>;
  /** What each group is known by. */
  readonly names: readonly string[];
}

interface Group {
  readonly key: string;
  readonly rows: number[];
}

/**
 * Divides rows so that those of one group stay together. Groups are ordered by the seed and their own name, as rows are
 * in `splitRows`, so that they mostly keep their part when data is added. A part takes groups until one more would bring
 * it further from its share than it is, so that each share is right to within the largest group. Groups cannot be cut
 * to give every part equal shares of the classes; those with the same most frequent class are divided together, which
 * comes close.
 */
export const splitGroups = ({ groupOf, names, strata, seed, shares }: GroupSplitOrder): SplitRows => {
  const groups = names.map((name): Group => ({ key: hash('sha1', `${seed}\n${name}`, 'hex'), rows: [] }));
  for (let row = 0; row < groupOf.length; row++) groups[groupOf[row] ?? 0]?.rows.push(row);
  const found: Record<Part, number[]> = { train: [], validation: [], test: [] };
  const owed: Record<Part, number> = { train: 0, validation: 0, test: 0 };
  for (const stratum of byStratum(groups, strata)) {
    const total = stratum.reduce((sum, { rows }) => sum + rows.length, 0);
    for (const part of parts) owed[part] += total * shares[part];
    fill(stratum, owed, found);
  }
  const ascending = (part: Part) => Uint32Array.from(found[part]).sort();
  return { train: ascending('train'), validation: ascending('validation'), test: ascending('test') };
};

/** @param owed rows that each part still lacks; brought up to date */
const fill = (groups: readonly Group[], owed: Record<Part, number>, found: Record<Part, number[]>): void => {
  const wanting = parts.filter((part) => owed[part] > 0);
  let at = 0;
  for (const { rows } of [...groups].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    while (at < wanting.length - 1 && rows.length / 2 > owed[wanting[at] ?? 'train']) at += 1;
    const part = wanting[at] ?? 'train';
    owed[part] -= rows.length;
    for (const row of rows) found[part].push(row);
  }
};

const byStratum = (groups: readonly Group[], strata: ArrayLike<number> | null): readonly (readonly Group[])[] => {
  if (strata === null) return [groups];
  const found = Map.groupBy(groups, ({ rows }) => mostFrequent(rows.map((row) => strata[row] ?? 0)));
  return [...found].sort(([a], [b]) => a - b).map(([, same]) => same);
};

const mostFrequent = (values: readonly number[]): number => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([a, many], [b, more]) => more - many || a - b);
  return first?.[0] ?? 0;
};
