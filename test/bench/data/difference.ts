import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hash } from '../../../sidecar/contract/ids.ts';
import type { ComparedState } from '../../../sidecar/datasets/difference/compare-data.ts';
import { DIVISION_LIMITS } from '../../../sidecar/datasets/difference/divide-tables.ts';
import { openBlobs, type Blobs } from '../../../sidecar/versions/store/blobs.ts';
import { createContents } from '../../../sidecar/versions/tree/contents.ts';
import { readFiles } from '../../../sidecar/versions/tree/version.ts';
import { compareStates } from '../../support/compare-states.ts';
import { editRow, editRows, makeTable } from './make-data.ts';
import { createBench, type Bench, type Cost } from './measure.ts';
import { saveTable } from './save-table.ts';

/**
 * What it takes to say which rows differ in two versions of a large table: by what differs in them, by reading both, and,
 * for orientation, `cmp` and `diff` on the two files, which know of no rows, and `dvc diff`, which knows of no lines.
 *
 *     node test/bench/data/difference.ts [MiB, 512 when left out] [no, to leave out reading both]
 */
const MIB = 1 << 20;

interface Compared extends Omit<Cost, 'peakMb'> {
  readonly readMb: number;
  readonly said: string;
}

type Way = 'differing' | 'whole';

/** In a process of its own: two versions of the store, one way. */
const compare = async (folder: string, [from, to]: readonly [Hash, Hash], way: Way): Promise<Compared> => {
  const blobs = openBlobs(join(folder, 'store'));
  let read = 0;
  const get: Blobs['get'] = (id) => {
    const bytes = blobs.get(id);
    read += bytes.length;
    return bytes;
  };
  const contents = createContents({ get });
  const stateOf = (version: Hash): ComparedState => ({
    type: 'file',
    kind: 'csv',
    files: () => readFiles({ get }, version),
    contents,
  });
  const started = performance.now();
  const { tables, notes } = await compareStates(folder, {
    path: 't.csv',
    from: stateOf(from),
    to: stateOf(to),
    limits: way === 'differing' ? DIVISION_LIMITS : { ...DIVISION_LIMITS, fewestBytes: Infinity },
  });
  const { user, system } = process.cpuUsage();
  return {
    wall: (performance.now() - started) / 1e3,
    cpu: (user + system) / 1e6,
    readMb: read / 1e6,
    said: [JSON.stringify(tables[0]?.rows), ...notes].join(' '),
  };
};

/** `dvc diff` between two commits, in a repository of its own. */
const python = join(import.meta.dirname, '../../../.cache/peers/dvc/bin/python');
const dvc = `"${python}" -m dvc`;

const prepareDvc = (bench: Bench, first: string, second: string): string => {
  const root = mkdtempSync(join(bench.scratch, 'dvc-'));
  const git = 'git -c user.name=b -c user.email=b@b.invalid';
  const add = (file: string) => `cp "${file}" t.csv && ${dvc} add -q t.csv && git add -A && ${git} commit -qm v`;
  bench.call(['sh', '-c', `cd "${root}" && git init -q && ${dvc} init -q && ${add(first)} && ${add(second)}`]);
  return root;
};

const contenders = (bench: Bench, first: string, second: string): Record<string, () => Cost> => ({
  cmp: () => bench.measure(['sh', '-c', `cmp -l "${first}" "${second}"; true`]),
  diff: () => bench.measure(['sh', '-c', `diff --speed-large-files "${first}" "${second}"; true`]),
  ...(existsSync(python) && {
    'dvc diff (files)': () => {
      const root = prepareDvc(bench, first, second);
      const cost = bench.measure(['sh', '-c', `cd "${root}" && ${dvc} diff HEAD~1 HEAD`]);
      rmSync(root, { recursive: true });
      return cost;
    },
  }),
});

const report = (bench: Bench, megabytes: number, ways: readonly Way[]): void => {
  const [first, second] = [join(bench.scratch, 'first.csv'), join(bench.scratch, 'second.csv')];
  makeTable(first, megabytes * MIB);
  const save = (path: string): Hash => saveTable(join(bench.scratch, 'store'), path);
  const from = save(first);
  for (const [what, edit] of [
    ['one digit', editRow],
    ['20 digits, 200 rows behind the end', editRows],
  ] as const) {
    edit(first, second);
    const to = save(second);
    console.log(`\n${megabytes} MiB of CSV, ${what}`);
    const own = ways.map((way) => {
      const { peakMb } = bench.measure([process.execPath, import.meta.filename, way, bench.scratch, from, to]);
      const told = JSON.parse(readFileSync(join(bench.scratch, 'told.json'), 'utf8')) as Omit<Compared, 'peakMb'>;
      console.log(line(`ours, ${way}`, { ...told, peakMb }), `${told.readMb.toFixed(0)} MB read`, told.said);
      return told;
    });
    const [differing, whole] = own;
    for (const [name, run] of Object.entries(contenders(bench, first, second))) console.log(line(name, run()));
    if (differing === undefined || whole === undefined) continue;
    const ratio = (of: 'wall' | 'cpu') => (whole[of] / differing[of]).toFixed(1);
    console.log(`whole / differing: ${ratio('wall')} by the clock, ${ratio('cpu')} by processor time`);
  }
};

const line = (name: string, { wall, cpu, peakMb }: Cost): string =>
  `${name.padEnd(18)} ${wall.toFixed(2).padStart(8)} s ${cpu.toFixed(2).padStart(8)} CPU-s ${peakMb.toFixed(0).padStart(5)} MB`;

const [first, folder, from, to] = process.argv.slice(2);
if (first === 'differing' || first === 'whole') {
  if (folder === undefined || from === undefined || to === undefined)
    throw new Error('a folder and two versions are needed');
  const told = await compare(folder, [Hash.parse(from), Hash.parse(to)], first);
  writeFileSync(join(folder, 'told.json'), JSON.stringify(told));
} else {
  const scratch = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'bench-difference-'));
  report(createBench(scratch), Number(first ?? 512), folder === 'no' ? ['differing'] : ['differing', 'whole']);
  rmSync(scratch, { recursive: true });
}
