import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ColumnType } from '../../contract/data-difference.ts';
import type { Hash } from '../../contract/ids.ts';
import { ifThere } from '../../versions/if-there.ts';
import type { ColumnCounts } from './column-profile.ts';
import type { Span } from './row-names.ts';

/** What is known of the rows that begin in a run of chunks, by nothing but its bytes and those of the chunk behind it. */
export interface RunFacts {
  /** Where the first of them begins, in bytes from the beginning of the run. */
  readonly begin: number;
  /** Bytes of the chunk behind the run that the last of them ends with. */
  readonly over: number;
  readonly rows: number;
  /** Between which numbers their cells of a column lie; null where some are no numbers, none where nobody looked. */
  readonly spans: Readonly<Record<number, Span | null>>;
  /** What was counted in a column. */
  readonly counts: Readonly<Record<number, ColumnCounts>>;
}

/** Facts of runs by their names, kept so that no run is read twice for what was asked of it before. */
export interface KnownRuns {
  readonly get: (name: Hash) => RunFacts | undefined;
  readonly put: (name: Hash, facts: RunFacts) => void;
  /** Writes what is new. */
  readonly save: () => void;
}

const Line = z.object({
  name: z.string(),
  begin: z.number(),
  over: z.number(),
  rows: z.number(),
  spans: z.record(z.string(), z.object({ least: z.number(), most: z.number() }).nullable()),
  counts: z.record(
    z.string(),
    z.object({
      type: ColumnType,
      rows: z.number(),
      missing: z.number(),
      categories: z.array(z.tuple([z.string(), z.number()])).nullable(),
    }),
  ),
});

/** A file that has grown larger begins anew. */
const MOST_BYTES = 64 << 20;

/** @param file a line for each run, the last of a name holds; derived from the data, it may be deleted at any time */
export const openRuns = (file: string): KnownRuns => {
  const isLarge = (ifThere(() => statSync(file).size) ?? 0) > MOST_BYTES;
  const known = new Map<string, RunFacts>();
  const text = isLarge ? '' : (ifThere(() => readFileSync(file, 'utf8')) ?? '');
  for (const line of text.split('\n')) {
    const read = parseLine(line);
    if (read !== null) known.set(read.name, read.facts);
  }
  const fresh = new Set<Hash>();
  return {
    get: (name) => known.get(name),
    put: (name, facts) => {
      known.set(name, facts);
      fresh.add(name);
    },
    save: () => {
      if (fresh.size === 0) return;
      const lines = [...fresh].map((name) => formatLine(name, known.get(name)));
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // A line that a crash left unfinished ends here, and is none.
      (isLarge ? writeFileSync : appendFileSync)(file, `\n${lines.join('\n')}\n`, { mode: 0o600 });
      fresh.clear();
    },
  };
};

const parseLine = (line: string): { readonly name: string; readonly facts: RunFacts } | null => {
  if (!line.endsWith('}')) return null;
  const { name, counts, ...facts } = Line.parse(JSON.parse(line));
  const entries = Object.entries(counts).map(([column, { categories, ...rest }]): [string, ColumnCounts] => [
    column,
    { ...rest, categories: categories === null ? null : new Map(categories) },
  ]);
  return { name, facts: { ...facts, counts: Object.fromEntries(entries) } };
};

const formatLine = (name: Hash, facts: RunFacts | undefined): string => {
  if (facts === undefined) throw new Error(`${name} is no run that is known.`);
  const counts = Object.entries(facts.counts).map(([column, { categories, ...rest }]) => [
    column,
    { ...rest, categories: categories === null ? null : [...categories] },
  ]);
  return JSON.stringify({ name, ...facts, counts: Object.fromEntries(counts) as unknown });
};
