import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Bench, Cost } from './measure.ts';

/** What a step took, and what it added to a store on disk. */
export type Sample = Cost & { readonly addedBytes?: number };

export type Course = Readonly<Record<string, Sample>>;

/** What takes part: something that keeps data, knows what has changed, and gives it back. */
export interface Contender<Data> {
  readonly name: string;
  /** What it does besides, so that a ratio can be judged. */
  readonly besides: string;
  /** Program that must be there. */
  readonly needs: string | null;
  /** @param data that holds the same afterwards @returns what each step took */
  readonly run: (data: Data, bench: Bench) => Course;
}

export const isThere = ({ needs, name }: Pick<Contender<never>, 'needs' | 'name'>): boolean => {
  if (needs === null || existsSync(needs) || onPath(needs)) return true;
  console.log(`${name} takes no part: ${needs} is not installed.`);
  return false;
};

const onPath = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

interface Contest<Data> {
  readonly title: string;
  readonly data: Data;
  /** The first is the one that the others are compared with. */
  readonly contenders: readonly Contender<Data>[];
  readonly rounds: number;
}

/** Contenders take turns in every round; prints medians of each step, and ratios that were taken round by round. */
export const hold = <Data>({ title, data, contenders, rounds }: Contest<Data>, bench: Bench): void => {
  for (const { name, besides } of contenders) console.log(`${name}: ${besides}`);
  const courses = new Map<string, Course[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of contenders) {
      bench.settle();
      courses.get(name)?.push(run(data, bench));
    }
    console.log(`round ${round + 1} of ${rounds} is over; load ${loadavg()[0]?.toFixed(1) ?? ''}`);
  }
  console.log(`\n${title}, ${rounds} rounds, medians`);
  const steps = new Set([...courses.values()].flat().flatMap((course) => Object.keys(course)));
  for (const step of steps) report(step, courses);
};

const report = (step: string, courses: ReadonlyMap<string, readonly Course[]>): void => {
  const [first = []] = courses.values();
  const ratio = (theirs: readonly Course[], of: 'wall' | 'cpu') =>
    median(
      theirs.flatMap((course, round) => {
        const [one, own] = [course[step], first[round]?.[step]];
        return one === undefined || own === undefined ? [] : [one[of] / own[of]];
      }),
    );
  const rows = [...courses].flatMap(([name, rounds]) => {
    const samples = rounds.flatMap((course) => course[step] ?? []);
    if (samples.length === 0) return [];
    const all = (of: 'wall' | 'cpu') => seconds(median(samples.map((sample) => sample[of])));
    const peak = Math.max(...samples.map(({ peakMb }) => peakMb));
    const added = samples.at(-1)?.addedBytes;
    const ratios = rounds === first ? ['', ''] : [seconds(ratio(rounds, 'wall')), seconds(ratio(rounds, 'cpu'))];
    return [[name, all('wall'), all('cpu'), Number.isFinite(peak) ? peak.toFixed(0) : '', megabytes(added), ...ratios]];
  });
  console.log(`\n${step}`);
  console.log(table([['', 'wall s', 'CPU s', 'peak MB', 'MB added', 'theirs / ours: wall', 'CPU'], ...rows]));
};

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]?.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const seconds = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 2 : 1));
const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 1e6).toFixed(3));
