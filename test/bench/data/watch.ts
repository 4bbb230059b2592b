/**
 * What it costs to hear of changes in a data set of 100,000 files in 100 folders, by three ways: chokidar on files,
 * chokidar told to ignore files, and the folder watches of sidecar/workspace/watch-data.ts.
 * `node test/bench/data/watch.ts [folders] [files a folder]`. Each way runs in a process of its own. Seconds depend on
 * the load of the machine; processor time, memory and watches hardly do. Linux only.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from 'chokidar';
import { watchData } from '../../../sidecar/workspace/watch-data.ts';

const CHANGES = 5;
const IDLE_MS = 10_000;
/** Longer than any of them gathers changes before it tells. */
const BETWEEN_CHANGES_MS = 1_500;

type Way = (folder: string, hear: () => void) => Promise<void>;

const untilReady = (watcher: ReturnType<typeof watch>): Promise<void> =>
  new Promise((resolve) => watcher.once('ready', () => resolve()));

const ways: Readonly<Record<string, Way>> = {
  'chokidar, files': (folder, hear) =>
    untilReady(watch(folder, { ignoreInitial: true, followSymlinks: false }).on('all', hear)),
  'chokidar, files ignored': (folder, hear) => {
    const ignored = (_path: string, stat?: { isDirectory: () => boolean }) => stat?.isDirectory() === false;
    return untilReady(watch(folder, { ignoreInitial: true, followSymlinks: false, ignored }).on('raw', hear));
  },
  'a watch a folder': async (folder, hear) => {
    await watchData({ root: dirname(folder), tell: hear }).follow(basename(folder));
  },
};

interface Sample {
  readonly readyMs: number;
  readonly readyCpuMs: number;
  readonly memoryMb: number;
  readonly watches: number;
  readonly idleCpuMs: number;
  readonly toldMs: number;
  readonly changeCpuMs: number;
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const measure = async (begin: Way, folder: string, file: string): Promise<Sample> => {
  // Watches of our own do not keep a process alive.
  setInterval(() => undefined, 1e6);
  let heard: () => void = () => undefined;
  const before = { memory: process.memoryUsage().rss, cpu: cpuMs(), at: performance.now() };
  await begin(folder, () => heard());
  const [readyMs, readyCpuMs] = [performance.now() - before.at, cpuMs() - before.cpu];
  await sleep(BETWEEN_CHANGES_MS);
  const memoryMb = (process.memoryUsage().rss - before.memory) / 2 ** 20;
  const resting = cpuMs();
  await sleep(IDLE_MS);
  const idleCpuMs = cpuMs() - resting;
  const working = cpuMs();
  const waits: number[] = [];
  for (let change = 0; change < CHANGES; change += 1) {
    const at = performance.now();
    const told = new Promise<void>((resolve) => {
      heard = resolve;
    });
    appendFileSync(file, 'x');
    await told;
    waits.push(performance.now() - at);
    await sleep(BETWEEN_CHANGES_MS);
  }
  return {
    ...{ readyMs, readyCpuMs, memoryMb, idleCpuMs, watches: countWatches() },
    toldMs: waits.toSorted((left, right) => left - right)[Math.floor(CHANGES / 2)] ?? 0,
    changeCpuMs: (cpuMs() - working) / CHANGES,
  };
};

/** As the kernel lists them for this process. */
const countWatches = (): number =>
  readdirSync('/proc/self/fd')
    .map((name) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${name}`, 'utf8').match(/^inotify /gm)?.length ?? 0;
      } catch {
        // The handle that listed them is gone.
        return 0;
      }
    })
    .reduce((sum, count) => sum + count, 0);

const [first, second, third] = process.argv.slice(2);
if (first !== undefined && first in ways && second !== undefined && third !== undefined) {
  console.log(JSON.stringify(await measure(ways[first]!, second, third)));
  process.exit(0);
}

const [folders, files] = [Number(first ?? 100), Number(second ?? 1_000)];
const root = mkdtempSync(join(tmpdir(), 'bench-'));
const data = join(root, 'images');
for (let folder = 0; folder < folders; folder += 1) {
  mkdirSync(join(data, `${folder}`), { recursive: true });
  for (let file = 0; file < files; file += 1) writeFileSync(join(data, `${folder}/${file}.png`), 'x');
}
console.log(`${(folders * files).toLocaleString('en')} files in ${folders.toLocaleString('en')} folders`);
for (const name of Object.keys(ways)) {
  const args = [import.meta.filename, name, data, join(data, '0/0.png')];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const sample = JSON.parse(stdout) as Sample;
  console.log(
    [
      name.padEnd(24),
      `ready ${sample.readyMs.toFixed(0)} ms (processor ${sample.readyCpuMs.toFixed(0)} ms)`,
      `memory +${sample.memoryMb.toFixed(0)} MB`,
      `${sample.watches.toLocaleString('en')} watches`,
      `idle ${(sample.idleCpuMs / (IDLE_MS / 1000)).toFixed(1)} ms of processor a second`,
      `told after ${sample.toldMs.toFixed(0)} ms`,
      `${sample.changeCpuMs.toFixed(0)} ms of processor a change`,
    ].join('  '),
  );
}
rmSync(root, { recursive: true });
