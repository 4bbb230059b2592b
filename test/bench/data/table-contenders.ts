import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { insideOf, oursAs, type Programs } from './contenders.ts';
import type { Contender, Course } from './contest.ts';
import type { Bench, Cost } from './measure.ts';

/** Versions of one large table. */
export interface TableVersions {
  readonly first: string;
  /** 100 B inserted, 57 B deleted, 20 × 5 B overwritten, 10 KB appended. */
  readonly edited: string;
  /** One digit of one row is another. */
  readonly row: string;
}

const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const stat = statSync(join(folder, name));
    return stat.isFile() ? sum + stat.size : sum;
  }, 0);

interface Keeping {
  readonly bench: Bench;
  /** Where the table lies. */
  readonly table: string;
  /** Folder that grows. */
  readonly store: string;
  readonly keep: () => Cost;
}

/** Keeps one version after the other. */
const keepVersions = ({ first, edited, row }: TableVersions, { bench, table, store, keep }: Keeping): Course => {
  const step = (version: string) => {
    copyFileSync(version, table);
    bench.settle();
    const before = sizeOf(store);
    const cost = keep();
    return { ...cost, addedBytes: sizeOf(store) - before };
  };
  const course = { 'first version': step(first), 'small edits': step(edited) };
  return { ...course, 'one digit': step(row) };
};

/** These are few files, and large: they are not put away. */
const emptied = (folder: string): string => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
};

/** @param programs our bundles */
export const ours = (programs: Programs): Contender<TableVersions> => ({
  name: 'ours',
  besides: 'compresses, fsync, MD5 of DVC after the version is saved, every byte checked on the way back',
  needs: null,
  run: (versions, bench) => {
    const root = emptied(join(bench.scratch, 'ours'));
    const table = join(root, 't.csv');
    const call = (command: string) => bench.measure(oursAs(command, programs, { root, path: 't.csv' }));
    const saved: Cost[] = [];
    const store = emptied(join(root, '.trainyard/data/packs'));
    const keep = () => {
      const cost = call('snapshot');
      saved.push({ ...insideOf(root).told, peakMb: Number.NaN });
      return cost;
    };
    const course = keepVersions(versions, { bench, table, store, keep });
    const [, , rowSaved] = saved;
    rmSync(table);
    const restored = call('restore');
    bench.sameFolders(versions.row, table);
    return {
      ...course,
      ...(rowSaved === undefined ? {} : { 'one digit, until the version is saved': rowSaved }),
      restore: restored,
    };
  },
});

const md5sum: Contender<TableVersions> = {
  name: 'md5sum',
  besides: 'keeps nothing',
  needs: null,
  run: ({ row }, bench) => {
    const cost = bench.measure(['md5sum', row]);
    return {
      'first version': cost,
      'small edits': cost,
      'one digit': cost,
      'one digit, until the version is saved': cost,
    };
  },
};

const copy: Contender<TableVersions> = {
  name: 'cp',
  besides: 'no fsync',
  needs: null,
  run: ({ row }, bench) => {
    const to = join(bench.scratch, 'copy.csv');
    rmSync(to, { force: true });
    const cost = bench.measure(['cp', row, to]);
    rmSync(to);
    return { 'first version': cost, restore: cost };
  },
};

const dvc = (command: string | null): Contender<TableVersions> => ({
  name: 'dvc',
  besides: 'cache.type copy, no fsync',
  needs: command === null ? 'dvc' : null,
  run: (versions, bench) => {
    const folder = emptied(join(bench.scratch, 'dvc'));
    const inside = (line: string) => ['sh', '-c', `cd '${folder}' && ${line}`];
    const call = (args: string) => inside(`${command ?? 'dvc'} ${args}`);
    for (const line of [inside('git init -q .'), call('init -q'), call('config cache.type copy')]) bench.call(line);
    const table = join(folder, 't.csv');
    const keep = () => bench.measure(call('add -q t.csv'));
    const course = keepVersions(versions, { bench, table, store: join(folder, '.dvc'), keep });
    rmSync(table);
    return { ...course, restore: bench.measure(call('checkout -q')) };
  },
});

const restic: Contender<TableVersions> = {
  name: 'restic',
  besides: 'encrypts, compresses where its version does',
  needs: 'restic',
  run: (versions, bench) => {
    const [folder, data] = [join(bench.scratch, 'restic'), join(bench.scratch, 'restic-data')].map(emptied) as [
      string,
      string,
    ];
    const call = (...args: string[]) => ['restic', '-q', '-r', folder, '--no-cache', ...args];
    bench.call(call('init'));
    const keep = () => bench.measure(call('backup', data));
    const course = keepVersions(versions, { bench, table: join(data, 't.csv'), store: folder, keep });
    return {
      ...course,
      restore: bench.measure(call('restore', 'latest', '--target', emptied(join(bench.scratch, 'restic-out')))),
    };
  },
};

const gitLfs: Contender<TableVersions> = {
  name: 'git-lfs',
  besides: 'no fsync',
  needs: 'git-lfs',
  run: (versions, bench) => {
    const folder = emptied(join(bench.scratch, 'lfs'));
    const inside = (line: string) => ['sh', '-c', `cd '${folder}' && ${line}`];
    bench.call(inside('git init -q . && git lfs install --local >/dev/null && git lfs track -- t.csv >/dev/null'));
    const table = join(folder, 't.csv');
    const keep = () => bench.measure(inside('git add t.csv'));
    const course = keepVersions(versions, { bench, table, store: join(folder, '.git'), keep });
    rmSync(table);
    return { ...course, restore: bench.measure(inside('git checkout -q -- t.csv')) };
  },
};

/** @param dvcCommand that starts it, for a shell; null where the tests did not install it */
export const tablePeers = (dvcCommand: string | null): readonly Contender<TableVersions>[] => [
  copy,
  md5sum,
  dvc(dvcCommand),
  restic,
  gitLfs,
];
