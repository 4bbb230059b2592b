import { beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../../sidecar/client/connect.ts';
import type { Shell } from '../../../sidecar/commands/shell.ts';
import { followRun, train, type TrainOptions } from '../../../sidecar/commands/train.ts';
import type { SidecarEvent } from '../../../sidecar/contract/events.ts';
import type { Run, RunStatus } from '../../../sidecar/contract/run.ts';
import { runOf } from '../../support/run.ts';
import { createScreen } from '../../../sidecar/terminal/screen.ts';

/** A sidecar in memory with one run, whose state a test moves on. */
const createSidecar = () => {
  let run: Run = { ...runOf(1), status: 'running' };
  const asked: unknown[] = [];
  const listeners = new Set<(event: SidecarEvent) => void>();
  const closers = new Set<(why: string) => void>();
  const become = (changes: Partial<Run>) => {
    run = { ...run, ...changes };
    for (const listener of listeners) listener({ type: 'runChanged', run, seq: 1, at: 1 });
  };
  const connection = {
    client: {
      startRun: (request: unknown) => {
        asked.push(request);
        return Promise.resolve(run);
      },
      getRun: () => Promise.resolve(run),
      cancelRun: ({ run: id }: { run: string }) => {
        asked.push(`cancel ${id}`);
        become({ status: 'cancelled' });
        return Promise.resolve(run);
      },
    },
    onEvent: (listener: (event: SidecarEvent) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onClosed: (closer: (why: string) => void) => {
      closers.add(closer);
      return () => void closers.delete(closer);
    },
  } as unknown as Connection;
  return { connection, asked, become, listeners, lose: (why: string) => closers.forEach((closer) => closer(why)) };
};

let written: { stdout: string; stderr: string };
let interruption: AbortController;
let sidecar: ReturnType<typeof createSidecar>;
let shell: Shell;
beforeEach(() => {
  written = { stdout: '', stderr: '' };
  interruption = new AbortController();
  sidecar = createSidecar();
  const stream = (name: keyof typeof written) => ({ write: (text: string) => ((written[name] += text), true) });
  shell = {
    screen: createScreen({ stdout: stream('stdout'), stderr: stream('stderr'), environment: {} }),
    workspace: '/w',
    json: false,
    interrupted: interruption.signal,
    withSidecar: (use) => use(sidecar.connection),
  };
});

const options: TrainOptions = { set: [], until: 'monitor', fresh: false, promote: false };

test.each<[RunStatus, number]>([
  ['done', 0],
  ['held', 3],
  ['failed', 1],
  ['cancelled', 1],
  ['interrupted', 1],
])('a run that ends as %s ends the command with %i', async (status, code) => {
  const ended = train(shell, 'config/training.yaml', options);
  setTimeout(() => sidecar.become({ status }), 10);
  expect(await ended).toBe(code);
  expect(written.stdout).toMatch(new RegExp(`^r1 ${status}`));
});

test('--set pairs are split at their first equals sign, and a bare name means true', async () => {
  sidecar.become({ status: 'done' });
  await train(shell, 'a.yaml', { ...options, set: ['optimizer.lr=0.1', 'name=a=b', 'x.y', 'z='] });
  expect(sidecar.asked[0]).toMatchObject({
    configuration: 'a.yaml',
    overrides: { 'optimizer.lr': '0.1', name: 'a=b', 'x.y': 'true', z: '' },
  });
});

test('a run that has ended before anybody listened is seen to have ended', async () => {
  sidecar.become({ status: 'done' });
  expect((await followRun(shell, sidecar.connection, runOf(1))).status).toBe('done');
  expect(sidecar.listeners.size).toBe(0);
});

test('a run that trains says how long it will take', async () => {
  const stages = runOf(1).stages.map((stage) =>
    stage.stage === 'train'
      ? { ...stage, status: 'running' as const, fraction: 0.5, note: 'epoch 3/6, 900 rows/s', remainingMs: 90_000 }
      : stage,
  );
  const said: string[] = [];
  shell = { ...shell, screen: { ...shell.screen, status: (text) => void said.push(text) } };
  const watching = followRun(shell, sidecar.connection, runOf(1));
  sidecar.become({ stages });
  sidecar.become({ status: 'done' });
  await watching;
  expect(said[0]).toContain('epoch 3/6, 900 rows/s, ~1 min 30 s left');
});

test('Ctrl-C cancels the run and waits for its end', async () => {
  const ended = train(shell, 'config/training.yaml', options);
  setTimeout(() => interruption.abort(), 10);
  expect(await ended).toBe(1);
  expect(sidecar.asked).toContain('cancel r1');
});

test('Ctrl-C that came while the run was asked for cancels it too', async () => {
  interruption.abort();
  expect((await followRun(shell, sidecar.connection, runOf(1))).status).toBe('cancelled');
  expect(sidecar.asked).toEqual(['cancel r1']);
});

test('Ctrl-C before the run was asked for starts none', async () => {
  interruption.abort();
  await expect(train(shell, 'config/training.yaml', options)).rejects.toMatchObject({ code: 'cancelled' });
  expect(sidecar.asked).toEqual([]);
});

test('a sidecar that goes away ends the command with its cause', async () => {
  const ended = train(shell, 'config/training.yaml', options);
  setTimeout(() => sidecar.lose('killed'), 10);
  await expect(ended).rejects.toThrow('The sidecar went away: killed');
});

test('each stage is told once, when it has ended, with its mark, time and note', async () => {
  const stage = (status: 'running' | 'done' | 'reused' | 'held') =>
    runOf(1).stages.map((record) =>
      record.stage === 'version' ? { ...record, status, startedAt: 0, endedAt: 1500, note: 'a note' } : record,
    );
  const ended = train(shell, 'config/training.yaml', options);
  setTimeout(() => {
    sidecar.become({ stages: stage('running') });
    sidecar.become({ stages: stage('done') });
    sidecar.become({ stages: stage('done'), metric: { name: 'accuracy', value: 0.5, better: 'higher' } });
    sidecar.become({ status: 'done' });
  }, 10);
  await ended;
  expect(written.stderr).toMatch(/^✓ version +1\.5 s +a note\n$/);
  expect(written.stdout).toBe('r1 done, accuracy 0.5\n');
});

test('why a run was held, and what went wrong, is said in its own words', async () => {
  sidecar.become({ status: 'held', reasons: ['accuracy ≥ 0.9: failed.'] });
  await train(shell, 'config/training.yaml', options);
  sidecar.become({
    status: 'failed',
    reasons: [],
    fault: { code: 'disk-full', message: 'The disk is full.', hint: 'Make room.' },
  });
  await train(shell, 'config/training.yaml', options);
  expect(written.stdout).toBe('r1 held\naccuracy ≥ 0.9: failed.\nr1 failed\nThe disk is full.\nMake room.\n');
});

test('--json answers with the run and no other word', async () => {
  sidecar.become({ status: 'done' });
  await train({ ...shell, json: true }, 'config/training.yaml', options);
  expect(JSON.parse(written.stdout)).toMatchObject({ id: 'r1', status: 'done', training: { model: { name: 'cnn' } } });
});
