import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cancelled, Fault } from '../../../sidecar/faults.ts';
import type { JobContext } from '../../../sidecar/pipeline/job.ts';
import { remoteJob } from '../../../sidecar/work/remote-job.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const oddWorker = join(import.meta.dirname, 'odd-worker.ts');
const odd = (name: string) => remoteJob<unknown, unknown>(name, oddWorker);

let heard: string[];
let stop: AbortController;
let context: JobContext;
beforeEach(() => {
  heard = [];
  stop = new AbortController();
  context = {
    signal: stop.signal,
    progress: (fraction, note) => heard.push(`${fraction ?? '?'} ${note}`),
    metrics: (points) => heard.push(`${points.length} points`),
    log: (level, text) => heard.push(`${level} ${text}`),
  };
});

const language = process.env['LANG'];
afterEach(() => {
  if (language === undefined) Reflect.deleteProperty(process.env, 'LANG');
  else process.env['LANG'] = language;
});

/** The child's process number, once it has begun. */
const begun = async (): Promise<number> => {
  await expect.poll(() => heard.find((line) => line.startsWith('info ')), { timeout: 20_000 }).toBeDefined();
  return Number(heard.find((line) => line.startsWith('info '))?.slice('info '.length));
};
const isGone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test('output is what the child returned, words that come later are not heard, and the child ends', async () => {
  const output = await odd('talks on after its result')({}, context);
  expect(output).toEqual([1, new Map([['two', new Float32Array([3])]])]);
  const pid = await begun();
  expect(heard).toEqual([`info ${pid}`, '0.5 a', '0.5 b', '0.5 c']);
  await expect.poll(() => isGone(pid), { timeout: 10_000 }).toBe(true);
  expect(heard.filter((line) => line.includes('too late'))).toEqual([]);
  expect(heard.slice(4)).toEqual([]);
});

test('a comparison of data is started with what keeps its memory small', async () => {
  expect(await odd('compare-data')({}, context)).toEqual([
    'MALLOC_ARENA_MAX',
    'MALLOC_MMAP_THRESHOLD_',
    'MALLOC_TRIM_THRESHOLD_',
    '--max-semi-space-size=4',
    '--optimize-for-size',
  ]);
});

test.each([
  ['ends without a word', 'exit code 7'],
  ['is killed', 'killed by SIGKILL'],
  ['runs out of memory', 'killed by SIGABRT'],
])('a child that %s is a fault that says how', async (name, how) => {
  await expect(odd(name)({}, context)).rejects.toMatchObject({
    code: 'child-died',
    message: `The process that did “${name}” ended early: ${how}.`,
  });
});

test('a program that is not there is a fault, not a wait', async () => {
  await expect(remoteJob('x', join(import.meta.dirname, 'nowhere.ts'))({}, context)).rejects.toMatchObject({
    code: 'child-died',
  });
});

test('an abort reaches the child, and the job ends at once', async () => {
  const done = odd('heeds an abort')({}, context);
  const pid = await begun();
  const before = performance.now();
  stop.abort(cancelled());
  await expect(done).rejects.toMatchObject({ code: 'cancelled' });
  expect(performance.now() - before).toBeLessThan(3_000);
  await expect.poll(() => isGone(pid), { timeout: 10_000 }).toBe(true);
});

test('a child that does not heed it is killed after five seconds, and the job was cancelled all the same', async () => {
  process.env['LANG'] = 'deaf';
  const done = odd('is deaf')({}, context);
  const pid = await begun();
  const before = performance.now();
  stop.abort(cancelled());
  await expect(done).rejects.toMatchObject({ code: 'cancelled' });
  expect(performance.now() - before).toBeGreaterThan(4_500);
  expect(isGone(pid)).toBe(true);
});

test('what is aborted before it begins starts no process', async () => {
  stop.abort(cancelled());
  await expect(odd('is deaf')({}, context)).rejects.toMatchObject({ code: 'cancelled' });
  await sleep(300);
  expect(heard).toEqual([]);
});

test('a word that cannot be kept ends the job with that error, and the child', async () => {
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  const done = odd('talks on after its result')(
    {},
    {
      ...context,
      progress: () => {
        throw full;
      },
    },
  );
  await expect(done).rejects.toBe(full);
  const pid = await begun();
  await expect.poll(() => isGone(pid), { timeout: 10_000 }).toBe(true);
});

test('what a child writes to its console is in the log, not on ours', async () => {
  await odd('writes to its console')({}, context);
  expect(heard).toEqual(expect.arrayContaining(['debug to stdout', 'debug to stderr']));
});

test('the real worker: a refusal comes back as the same fault, hint and all', async () => {
  const folder = freshFolder();
  const done = remoteJob('verify')({ version: 'a'.repeat(64), dataFolder: join(folder, 'data') }, context);
  const fault: unknown = await done.catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Fault);
  expect(fault).toMatchObject({
    code: 'version-missing',
    hint: expect.stringContaining('version the data again') as string,
  });
});

test('the real worker: a bug comes back as a bug, with the stack of the child', async () => {
  for (const [name, input] of [
    ['nonsense', {}],
    ['verify', null],
  ] as const) {
    const error: unknown = await remoteJob(name)(input, context).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Fault);
    expect((error as Error).stack).toMatch(/worker\.ts|verify-job\.ts/);
  }
});
