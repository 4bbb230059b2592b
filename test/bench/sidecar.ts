/**
 * How long a sidecar takes from its start to its greeting, and what it holds in memory when it has nothing to do, against
 * a Node that does nothing and one that only loads the two native modules, taken in turns:
 * `node test/bench/sidecar.ts [rounds]`. Seconds depend on the load of the machine; ratios hardly do. Linux only.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTRACT_VERSION } from '../../sidecar/contract/greeting.ts';

const ROUNDS = Number(process.argv[2] ?? 15);
/** After this nothing is loaded any more. */
const SETTLED_MS = 1_500;
const repository = join(import.meta.dirname, '../..');

interface Subject {
  readonly name: string;
  readonly start: (workspace: string) => ChildProcess;
}

const plain = (name: string, code: string): Subject => ({
  name,
  start: () => {
    const program = `${code}; process.stdout.write('ready\\n'); setInterval(() => 0, 1e6)`;
    return spawn(process.execPath, ['-e', program], { cwd: repository, stdio: ['pipe', 'pipe', 'inherit'] });
  },
});

const sidecar = (name: string, program: string): Subject => ({
  name,
  start: (workspace) => {
    const child = spawn(process.execPath, [join(repository, program)], { stdio: ['pipe', 'pipe', 'ignore'] });
    const token = randomBytes(32).toString('hex');
    child.stdin.end(JSON.stringify({ contract: CONTRACT_VERSION, token, workspace, idleMs: 60_000 }));
    return child;
  },
});

const subjects: readonly Subject[] = [
  plain('node that does nothing', '0'),
  plain('node with both native modules', "require('onnxruntime-node'); new (require('better-sqlite3'))(':memory:')"),
  sidecar('sidecar from source', 'sidecar/main.ts'),
  ...(existsSync(join(repository, 'dist/sidecar.cjs')) ? [sidecar('sidecar as packed', 'dist/sidecar.cjs')] : []),
];

interface Sample {
  readonly startMs: number;
  readonly residentMb: number;
  readonly ownMb: number;
}

const measure = async (subject: Subject): Promise<Sample> => {
  const workspace = mkdtempSync(join(tmpdir(), 'bench-'));
  const began = performance.now();
  const child = subject.start(workspace);
  await once(child.stdout!, 'data');
  const startMs = performance.now() - began;
  await sleep(SETTLED_MS);
  const memory = readMemory(child.pid!);
  child.kill('SIGKILL');
  await once(child, 'close');
  rmSync(workspace, { recursive: true });
  return { startMs, ...memory };
};

/** Resident pages, and those that no other process shares. */
const readMemory = (pid: number): Pick<Sample, 'residentMb' | 'ownMb'> => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (...names: string[]) =>
    names.reduce((sum, name) => sum + Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024, 0);
  return { residentMb: megabytes('Rss'), ownMb: megabytes('Private_Clean', 'Private_Dirty') };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const subject of subjects) samples.get(subject.name)?.push(await measure(subject));
}

const mediansOf = (name: string) => {
  const all = samples.get(name) ?? [];
  return {
    start: median(all.map((sample) => sample.startMs)),
    resident: median(all.map((sample) => sample.residentMb)),
    own: median(all.map((sample) => sample.ownMb)),
  };
};
const base = mediansOf(subjects[0]!.name);
const modules = mediansOf(subjects[1]!.name);
console.log(`${ROUNDS} rounds, taken in turns; medians`);
for (const { name } of subjects) {
  const { start, resident, own } = mediansOf(name);
  console.log(
    [
      name.padEnd(30),
      `start ${start.toFixed(0).padStart(5)} ms (×${(start / base.start).toFixed(2)} of nothing, ×${(start / modules.start).toFixed(2)} of modules)`,
      `resident ${resident.toFixed(0)} MB (×${(resident / base.resident).toFixed(2)}, ×${(resident / modules.resident).toFixed(2)})`,
      `of its own ${own.toFixed(0)} MB`,
    ].join('  '),
  );
}
