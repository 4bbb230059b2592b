import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { surroundingsOf } from '../../../sidecar/work/remote-job.ts';
import type { Contender } from './contest.ts';
import type { Cost } from './measure.ts';

/** Programs of ours, as they ship: one file each. */
export interface Programs {
  readonly main: string;
  /** Of threads. */
  readonly reader: string;
}

/** Starts a command of ours as the product starts the job of that name. */
export const oursAs = (
  command: string,
  { main, reader }: Programs,
  { root, path }: { readonly root: string; readonly path: string },
): readonly string[] => {
  const { flags, environment } = surroundingsOf(command);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['env', ...variables, process.execPath, ...flags, main, command, root, path, reader];
};

/** What our process took without the start of Node. */
export const insideOf = (root: string): Cost & { readonly told: Cost } =>
  JSON.parse(readFileSync(join(root, 'inside.json'), 'utf8')) as Cost & { readonly told: Cost };

/** @param programs our bundles */
export const ours = (programs: Programs): Contender<string> => ({
  name: 'ours',
  besides: 'fsync, MD5 and .dir of DVC, every byte checked on the way back',
  needs: null,
  run: (data, bench) => {
    const root = bench.fresh('ours');
    cpSync(data, join(root, 'small'), { recursive: true });
    const call = (command: string) => bench.measure(oursAs(command, programs, { root, path: 'small' }));
    bench.settle();
    const snapshot = call('snapshot');
    bench.settle();
    const unchanged = call('status');
    const inside = insideOf(root);
    const again = call('snapshot');
    bench.putAway(join(root, 'small'));
    const restore = call('restore');
    bench.sameFolders(data, join(root, 'small'));
    return { snapshot, unchanged, 'unchanged, inside': inside, 'unchanged snapshot': again, restore };
  },
});

const copy: Contender<string> = {
  name: 'cp -r',
  besides: 'no fsync',
  needs: null,
  run: (data, bench) => {
    const to = join(bench.scratch, 'copy');
    bench.putAway(to);
    const cost = bench.measure(['cp', '-r', data, to]);
    return { snapshot: cost, restore: cost };
  },
};

const md5sum: Contender<string> = {
  name: 'md5sum',
  besides: 'keeps nothing',
  needs: null,
  run: (data, bench) => ({
    snapshot: bench.measure(['sh', '-c', `find '${data}' -type f -print0 | xargs -0 md5sum`]),
  }),
};

const git: Contender<string> = {
  name: 'git',
  besides: 'zlib, no fsync',
  needs: 'git',
  run: (data, bench) => {
    const folder = join(bench.scratch, 'git');
    const call = (...args: string[]) =>
      bench.measure(['git', `--git-dir=${folder}/.git`, `--work-tree=${data}`, ...args]);
    const fresh = !existsSync(folder);
    if (fresh) bench.call(['git', 'init', '-q', folder]);
    // Once: it takes longer than all others together.
    const snapshot = fresh ? { snapshot: call('add', '-A') } : {};
    return { ...snapshot, unchanged: call('status', '--porcelain') };
  },
};

const gitLfs: Contender<string> = {
  name: 'git-lfs',
  besides: 'no fsync',
  needs: 'git-lfs',
  run: (data, bench) => {
    const folder = bench.fresh('lfs');
    bench.call(['git', 'init', '-q', folder]);
    bench.call(['sh', '-c', `cd '${folder}' && git lfs install --local --skip-smudge >/dev/null`]);
    bench.call(['sh', '-c', `echo '*.jpg filter=lfs diff=lfs merge=lfs -text' > '${folder}/.git/info/attributes'`]);
    return { snapshot: bench.measure(['git', `--git-dir=${folder}/.git`, `--work-tree=${data}`, 'add', '-A']) };
  },
};

const restic: Contender<string> = {
  name: 'restic',
  besides: 'encrypts, compresses',
  needs: 'restic',
  run: (data, bench) => {
    const folder = bench.fresh('restic');
    const call = (...args: string[]) => ['restic', '-q', '-r', folder, '--no-cache', ...args];
    bench.call(call('init'));
    const snapshot = bench.measure(call('backup', data));
    const unchanged = bench.measure(call('backup', data));
    const restore = bench.measure(call('restore', 'latest', '--target', bench.fresh('restic-out')));
    return { snapshot, unchanged, restore };
  },
};

/** @param command that starts DVC, for a shell; null where the tests did not install it, and it may be on the path */
const dvc = (command: string | null): Contender<string> => ({
  name: 'dvc',
  besides: 'cache.type copy, no fsync',
  needs: command === null ? 'dvc' : null,
  run: (data, bench) => {
    const folder = bench.fresh('dvc');
    const inside = (command: string) => ['sh', '-c', `cd '${folder}' && ${command}`];
    const call = (args: string) => inside(`${command ?? 'dvc'} ${args}`);
    bench.call(inside('git init -q .'));
    bench.call(call('init -q'));
    bench.call(call('config cache.type copy'));
    cpSync(data, join(folder, 'small'), { recursive: true });
    bench.settle();
    const snapshot = bench.measure(call('add -q small'));
    const unchanged = bench.measure(call('status -q'));
    bench.putAway(join(folder, 'small'));
    const restore = bench.measure(call('checkout -q'));
    bench.sameFolders(data, join(folder, 'small'));
    return { snapshot, unchanged, restore };
  },
});

/** @param dvc command that starts it, for a shell; null where the tests did not install it */
export const peers = (dvcCommand: string | null): readonly Contender<string>[] => [
  copy,
  md5sum,
  git,
  dvc(dvcCommand),
  restic,
  gitLfs,
];
