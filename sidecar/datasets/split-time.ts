import { parts, type Part, type SplitOrder, type SplitRows } from './split.ts';

/**
 * The newest rows are the test part, the next newest validate, and the model learns from all older ones: it is judged
 * as it will be used, on what came after. Rows of the same time keep the order of the file.
 * @param times of each row; any unit
 */
export const splitByTime = (times: Float64Array, shares: SplitOrder['shares']): SplitRows => {
  const ordered = Uint32Array.from(times, (_, row) => row).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const [train = 0, validation = 0] = parts.map((part) => Math.round(times.length * shares[part]));
  const end = Math.min(times.length, train + validation);
  return {
    train: ordered.slice(0, train).sort(),
    validation: ordered.slice(train, end).sort(),
    test: ordered.slice(end).sort(),
  };
};

/**
 * The same for groups of rows that stay together: a group is as new as its newest row. A part takes groups until one
 * more would bring it further from its share than it is.
 * @param groupOf number of each row's group, from 0
 */
export const splitGroupsByTime = (
  groupOf: ArrayLike<number>,
  times: Float64Array,
  shares: SplitOrder['shares'],
): SplitRows => {
  const groups: { time: number; readonly rows: number[] }[] = [];
  for (const [row, time] of times.entries()) {
    const group = (groups[groupOf[row] ?? 0] ??= { time, rows: [] });
    group.time = Math.max(group.time, time);
    group.rows.push(row);
  }
  const found: Record<Part, number[]> = { train: [], validation: [], test: [] };
  const ends = { train: shares.train, validation: shares.train + shares.validation, test: Infinity };
  let taken = 0;
  for (const { rows } of groups.sort((a, b) => a.time - b.time)) {
    const middle = (taken + rows.length / 2) / times.length;
    const part = parts.find((candidate) => middle <= ends[candidate]) ?? 'test';
    for (const row of rows) found[part].push(row);
    taken += rows.length;
  }
  const ascending = (part: Part) => Uint32Array.from(found[part]).sort();
  return { train: ascending('train'), validation: ascending('validation'), test: ascending('test') };
};
