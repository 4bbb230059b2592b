import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { ours, peers, type Contender, type Costs } from './contenders.ts';
import { editRow, editTable, makeSmallFiles, makeTable } from './make-data.ts';
import { createBench, type Bench, type Cost } from './measure.ts';

/**
 * Data versions against `cp -r`, `md5sum`, `git status`, git-lfs, restic and DVC: many small files, and one large table
 * with small edits. Contenders take turns in every round, and ratios are taken round by round. What is not installed is
 * named. By the clock nothing else should run; processor time holds on a busy machine as well.
 *
 *     node test/bench/data/main.ts [--files=100000] [--mean-bytes=10000] [--megabytes=2048] [--rounds=3] [--only=ours,cp -r]
 */
const { values: options } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    'mean-bytes': { type: 'string', default: '10000' },
    megabytes: { type: 'string', default: '2048' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const rounds = Number(options.rounds);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const onPath = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

const isThere = ({ needs, name }: Contender): boolean => {
  if (needs === null || existsSync(needs) || onPath(needs)) return true;
  console.log(`${name} takes no part: ${needs} is not installed.`);
  return false;
};

/** Our programs as they ship: one file each. */
const bundle = async () => {
  // Beside the libraries that are not bundled.
  const folder = join(import.meta.dirname, '../../../.cache/bench-data');
  const source = (path: string) => join(import.meta.dirname, path);
  const programs = { main: join(folder, 'ours.mjs'), reader: join(folder, 'reader.mjs') };
  for (const [entry, outfile] of [
    [source('ours.ts'), programs.main],
    [source('../../../sidecar/versions/working/data-worker.ts'), programs.reader],
  ] as const) {
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      external: ['@napi-rs/*'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
  }
  return programs;
};

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]?.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
};

const seconds = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 2 : 1));

type Step = keyof Costs;

const report = (step: Step, courses: ReadonlyMap<string, readonly Costs[]>): void => {
  const ourOwn = courses.get('ours') ?? [];
  const ratio = (name: string, of: 'wall' | 'cpu') =>
    median(
      (courses.get(name) ?? []).flatMap((costs, round) => {
        const [theirs, own] = [costs[step], ourOwn[round]?.[step]];
        return theirs === undefined || own === undefined ? [] : [theirs[of] / own[of]];
      }),
    );
  const rows = [...courses].flatMap(([name, rounds_]) => {
    const costs = rounds_.flatMap((costs_) => costs_[step] ?? []);
    if (costs.length === 0) return [];
    const all = (of: keyof Cost) => median(costs.map((cost) => cost[of]));
    const peak = Math.max(...costs.map(({ peakMb }) => peakMb));
    const ratios = name === 'ours' ? ['', ''] : [seconds(ratio(name, 'wall')), seconds(ratio(name, 'cpu'))];
    return [[name, seconds(all('wall')), seconds(all('cpu')), Number.isNaN(peak) ? '' : peak.toFixed(0), ...ratios]];
  });
  console.log(`\n${step}`);
  console.log(table([['', 'wall s', 'CPU s', 'peak MB', 'theirs / ours: wall', 'CPU'], ...rows]));
};

const runSmallFiles = (contenders: readonly Contender[], bench: Bench, files: number): void => {
  const data = join(bench.scratch, 'master');
  makeSmallFiles(data, files, Number(options['mean-bytes']));
  const courses = new Map<string, Costs[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of contenders) {
      bench.settle();
      courses.get(name)?.push(run(data, bench));
    }
    console.log(`round ${round + 1} of ${rounds} is over; load ${loadavg()[0]?.toFixed(1) ?? ''}`);
  }
  console.log(
    `\n${files.toLocaleString('en')} files of ${options['mean-bytes']} bytes on average, ${rounds} rounds, medians`,
  );
  for (const step of ['snapshot', 'unchanged', 'unchanged, inside', 'unchanged snapshot', 'restore'] as const)
    report(step, courses);
};

interface TableCourse {
  readonly name: string;
  readonly cost: Cost;
  readonly more: string;
}

/** A table, and versions of it with small edits: what they take, and what they add to the store. */
const runTable = (programs: { main: string; reader: string }, bench: Bench, megabytes: number): void => {
  const [first, edited, row] = ['v1.csv', 'v2.csv', 'v3.csv'].map((name) => join(bench.scratch, name)) as [
    string,
    string,
    string,
  ];
  makeTable(first, megabytes * 2 ** 20);
  editTable(first, edited);
  editRow(first, row);
  const courses: TableCourse[] = [];
  for (let round = 0; round < rounds; round++) {
    const root = join(bench.scratch, 'table');
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
    let stored = 0;
    for (const [name, file] of [
      ['first', first],
      ['small edits', edited],
      ['first again', first],
      ['one digit', row],
    ] as const) {
      copyFileSync(file, join(root, 't.csv'));
      bench.settle();
      const cost = bench.measure([process.execPath, programs.main, 'snapshot', root, 't.csv', programs.reader]);
      const { told } = JSON.parse(readFileSync(join(root, 'inside.json'), 'utf8')) as { told: Omit<Cost, 'peakMb'> };
      const now = sizeOf(join(root, '.trainyard/data/packs'));
      const added = `${((now - stored) / 1e3).toFixed(0)} kB added, saved after ${seconds(told.wall)} s and ${seconds(told.cpu)} CPU-s`;
      courses.push({ name: `ours: ${name}`, cost, more: added });
      stored = now;
    }
    courses.push({ name: 'md5sum', cost: bench.measure(['md5sum', first]), more: '' });
    courses.push({ name: 'cp', cost: bench.measure(['cp', first, join(bench.scratch, 'copy.csv')]), more: '' });
  }
  console.log(`\na table of ${megabytes} MiB, ${rounds} rounds, medians`);
  const names = [...new Set(courses.map(({ name }) => name))];
  const rows = names.map((name) => {
    const own = courses.filter((course) => course.name === name);
    const all = (of: keyof Cost) => median(own.map(({ cost }) => cost[of]));
    return [name, seconds(all('wall')), seconds(all('cpu')), all('peakMb').toFixed(0), own.at(-1)?.more ?? ''];
  });
  console.log(table([['', 'wall s', 'CPU s', 'peak MB', ''], ...rows]));
};

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

// Not its program `dvc`: that one names the folder that it was installed in, and a checkout may be moved.
const dvcPython = join(import.meta.dirname, '../../../.cache/peers/dvc/bin/python');
const scratch = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'bench-data-'));
const bench = createBench(scratch);
const programs = await bundle();
const wanted = options.only?.split(',');
const contenders = [ours(programs), ...peers({ dvc: existsSync(dvcPython) ? `'${dvcPython}' -m dvc` : null })]
  .filter(({ name }) => wanted?.includes(name) ?? true)
  .filter(isThere);
console.log(
  `${cpus()[0]?.model.trim() ?? 'processor'}, ${cpus().length} threads, load ${loadavg()[0]?.toFixed(1) ?? ''}`,
);
for (const { name, besides } of contenders) console.log(`${name}: ${besides}`);
if (Number(options.files) > 0) runSmallFiles(contenders, bench, Number(options.files));
if (Number(options.megabytes) > 0) runTable(programs, bench, Number(options.megabytes));
rmSync(scratch, { recursive: true, force: true });
