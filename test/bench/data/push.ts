import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addRemote } from '../../../sidecar/versions/remotes/config/dvc-config.ts';
import { installPeer } from '../../../tools/peers/install.ts';
import { startMoto, type S3Server } from '../../support/s3-servers.ts';
import { makeSmallFiles } from './make-data.ts';
import { createBench, type Bench, type Cost } from './measure.ts';

/**
 * Push and pull of small files against `dvc push` and `dvc pull` with the same server, in turn: seconds, seconds of
 * processors without the server's, requests. `node test/bench/data/push.ts [files, 2000] [rounds, 3]`
 */
const files = Number(process.argv[2] ?? 2_000);
const rounds = Number(process.argv[3] ?? 3);

interface Sample extends Cost {
  readonly requests: number;
}

const ours = (name: string) => join(import.meta.dirname, name);

const round = (
  bench: Bench,
  server: S3Server,
  python: string,
  data: string,
  number: number,
): Record<string, Sample> => {
  const [mine, theirs] = [join(bench.scratch, 'mine'), join(bench.scratch, 'theirs')];
  const url = (folder: string) => `s3://${server.bucket}/${folder}-${number}`;
  for (const root of [mine, theirs]) {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
    cpSync(data, join(root, 'small'), { recursive: true });
  }
  const inDvc = (args: string) => ['sh', '-c', `cd '${theirs}' && '${python}' -m dvc ${args}`];
  const sampled = (command: readonly string[]): Sample => {
    bench.settle();
    const before = server.lines();
    const cost = bench.measure(command);
    return { ...cost, requests: server.lines() - before };
  };
  const call = (command: string) => [process.execPath, ours('push-ours.ts'), command, mine];

  bench.call([process.execPath, ours('ours.ts'), 'snapshot', mine, 'small']);
  addRemote(mine, { name: 'store', url: url('packs'), settings: server.settings }, {});
  bench.call(['git', 'init', '-q', theirs]);
  bench.call(inDvc('init -q'));
  addRemote(theirs, { name: 'store', url: url('dvc'), settings: server.settings }, {});
  bench.call(inDvc('add -q small'));

  const samples = {
    'ours, push': sampled(call('push')),
    'dvc push': sampled(inDvc('push -q -j 32')),
    'ours, push again': sampled(call('push')),
    'dvc push again': sampled(inDvc('push -q -j 32')),
  };
  for (const folder of ['small', '.trainyard']) rmSync(join(mine, folder), { recursive: true });
  for (const folder of ['small', '.dvc/cache']) rmSync(join(theirs, folder), { recursive: true });
  const pulled = { 'ours, pull': sampled(call('pull')), 'dvc pull': sampled(inDvc('pull -q -j 32')) };
  for (const root of [mine, theirs]) bench.sameFolders(data, join(root, 'small'));
  addRemote(mine, { name: 'store', url: url('mirror'), settings: server.settings }, {});
  return { ...samples, ...pulled, 'ours, push --dvc': sampled(call('mirror')) };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const scratch = mkdtempSync(join(tmpdir(), 'trainyard-push-'));
const server = await startMoto();
try {
  const python = await installPeer('dvc');
  const bench = createBench(scratch);
  const data = join(scratch, 'data');
  makeSmallFiles(data, files, 10_000);
  const all = Array.from({ length: rounds }, (_, number) => round(bench, server, python, data, number));
  const of = (name: string, key: keyof Sample) => median(all.map((samples) => samples[name]?.[key] ?? Number.NaN));
  for (const name of Object.keys(all[0] ?? {}))
    process.stdout.write(
      `${name.padEnd(18)} ${of(name, 'wall').toFixed(2).padStart(8)} s ${of(name, 'cpu').toFixed(2).padStart(8)} CPU-s ${of(name, 'peakMb').toFixed(0).padStart(5)} MB ${String(of(name, 'requests')).padStart(7)} requests\n`,
    );
  for (const [one, other] of [
    ['ours, push', 'dvc push'],
    ['ours, pull', 'dvc pull'],
  ] as const)
    for (const key of ['wall', 'cpu', 'requests'] as const)
      process.stdout.write(`${other} / ${one}, ${key}: ${(of(other, key) / of(one, key)).toFixed(1)}\n`);
} finally {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
}
