import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { ours, peers, type Programs } from './contenders.ts';
import { hold, isThere, type Contender } from './contest.ts';
import { editRow, editTable, makeSmallFiles, makeTable } from './make-data.ts';
import { createBench } from './measure.ts';
import { ours as oursOfTable, tablePeers } from './table-contenders.ts';

/**
 * Data versions against `cp -r`, `md5sum`, `git status`, git-lfs, restic and DVC: many small files, and one large table
 * with small edits. Contenders take turns in every round, and ratios are taken round by round. What is not installed is
 * named. By the clock nothing else should run; processor time holds on a busy machine as well.
 *
 *     node test/bench/data/main.ts [--files=100000] [--mean-bytes=10000] [--megabytes=2048] [--rounds=3]
 *       [--only=ours,cp -r]
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
const files = Number(options.files);
const megabytes = Number(options.megabytes);

/** Our programs as they ship: one file each, in which parts are loaded when they are needed. */
const bundle = async (): Promise<Programs> => {
  // Beside the libraries that are not bundled.
  const folder = join(import.meta.dirname, '../../../.cache/bench-data');
  const source = (path: string) => join(import.meta.dirname, path);
  await build({
    entryPoints: {
      ours: source('ours.ts'),
      reader: source('../../../sidecar/versions/working/data-worker.ts'),
    },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    external: ['@napi-rs/*'],
  });
  return { main: join(folder, 'ours.cjs'), reader: join(folder, 'reader.cjs') };
};

const wanted = options.only?.split(',');
const taking = <Data>(contenders: readonly Contender<Data>[]): readonly Contender<Data>[] =>
  contenders.filter(({ name }) => wanted?.includes(name) ?? true).filter(isThere);

// Not its program `dvc`: that one names the folder that it was installed in, and a checkout may be moved.
const dvcPython = join(import.meta.dirname, '../../../.cache/peers/dvc/bin/python');
const dvc = existsSync(dvcPython) ? `'${dvcPython}' -m dvc` : null;
const scratch = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'bench-data-'));
const bench = createBench(scratch);
const programs = await bundle();
console.log(
  `${cpus()[0]?.model.trim() ?? 'processor'}, ${cpus().length} threads, load ${loadavg()[0]?.toFixed(1) ?? ''}`,
);
try {
  if (files > 0) {
    const data = join(scratch, 'master');
    makeSmallFiles(data, files, Number(options['mean-bytes']));
    const title = `${files.toLocaleString('en')} files of ${options['mean-bytes']} bytes on average`;
    hold({ title, data, contenders: taking([ours(programs), ...peers(dvc)]), rounds }, bench);
    rmSync(data, { recursive: true });
  }
  if (megabytes > 0) {
    const [first, edited, row] = [join(scratch, 'v1.csv'), join(scratch, 'v2.csv'), join(scratch, 'v3.csv')] as const;
    makeTable(first, megabytes * 2 ** 20);
    editTable(first, edited);
    editRow(first, row);
    const contenders = taking([oursOfTable(programs), ...tablePeers(dvc)]);
    hold({ title: `a table of ${megabytes} MiB`, data: { first, edited, row }, contenders, rounds }, bench);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
