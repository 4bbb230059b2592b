import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../sidecar/client/connect.ts';
import type { RunId } from '../../sidecar/contract/ids.ts';
import { createRandom } from '../../sidecar/statistics/random.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { endOf, startSidecar, trainOnce, write, writeHalves } from '../support/workspace.ts';

/** Long enough to be killed some times; every seed of chance is in it. */
const configuration = `name: halves
model: {name: mlp, params: {hidden: [8], dropout: 0.3}}
data: {dataset: data/raw/halves, batch_size: 16, image_size: 8}
optimizer: {lr: 0.002, schedule: {type: cosine}}
training: {epochs: 500, device: cpu, seed: 3}
`;

let root: string;
beforeEach(() => {
  root = freshWorkspace();
  writeHalves(root, 60);
  write(root, 'config/training.yaml', configuration);
});

const checkpointsOf = (): readonly string[] => {
  const folder = join(root, '.trainyard/checkpoints');
  try {
    return readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.checkpoint'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const childrenOf = (pid: number): readonly number[] =>
  spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
    .map(Number);

const untilCheckpoint = async (pauseMs: number) => {
  await expect.poll(checkpointsOf, { timeout: 20_000 }).not.toEqual([]);
  await sleep(pauseMs);
};

const pointsOf = async ({ client }: Connection, run: RunId) =>
  (await client.getCurves({ runs: [run], names: ['train_loss', 'val_loss', 'learning_rate'], pixels: 4000 })).map(
    ({ name, points, total }) => ({ name, points, total }),
  );

test('a training whose process is killed again and again ends with the bytes and the curves of one that is left alone', async () => {
  const connection = await startSidecar(root);
  const random = createRandom(Number(process.env['SEED'] ?? Date.now()));
  let run: { readonly id: RunId } = await connection.client.startRun({
    configuration: 'config/training.yaml',
    until: 'evaluate',
  });
  for (let kill = 0; kill < 3; kill += 1) {
    await untilCheckpoint(random.next() * 400);
    for (const child of childrenOf(connection.greeting.pid)) process.kill(child, 'SIGKILL');
    const killed = await endOf(connection, run.id);
    // It may have been quicker.
    if (killed.status === 'done') break;
    expect(killed).toMatchObject({ status: 'failed', fault: { code: 'child-died' } });
    run = await connection.client.resumeRun({ run: killed.id, until: 'evaluate' });
  }
  const ended = await endOf(connection, run.id);
  expect(ended.fault).toBeNull();
  expect(ended.nouns.candidate?.resumed?.step).toBeGreaterThan(0);
  const whole = await trainOnce(connection, { until: 'evaluate', fresh: true });
  expect(ended.nouns.candidate?.model).toBe(whole.nouns.candidate?.model);
  expect(ended.nouns.candidate?.bestEpoch).toBe(whole.nouns.candidate?.bestEpoch);
  expect(await pointsOf(connection, ended.id)).toEqual(await pointsOf(connection, whole.id));
  // What is finished leaves nothing behind.
  expect(checkpointsOf()).toEqual([]);
});

test('a run that was stopped, by hand or with the sidecar, is gone on with by the next run of the same settings, which says so', async () => {
  const first = await startSidecar(root);
  const begun = await first.client.startRun({ configuration: 'config/training.yaml', until: 'evaluate' });
  await untilCheckpoint(50);
  await first.client.cancelRun({ run: begun.id });
  expect((await endOf(first, begun.id)).status).toBe('cancelled');

  const second = await first.client.startRun({ configuration: 'config/training.yaml', until: 'evaluate' });
  await untilCheckpoint(500);
  process.kill(first.greeting.pid, 'SIGKILL');
  await first.dispose().catch(() => undefined);

  const again = await startSidecar(root);
  expect((await again.client.getRun({ run: second.id })).status).toBe('interrupted');
  const ended = await trainOnce(again, { until: 'evaluate' });
  expect(ended.fault).toBeNull();
  const from = ended.nouns.candidate?.resumed?.run;
  expect([begun.id, second.id]).toContain(from);
  const said = (await again.client.getLog({ run: ended.id, last: 100 })).map(({ text }) => text);
  expect(said.some((text) => text.startsWith(`continues ${from} in epoch `))).toBe(true);
  const alone = await trainOnce(again, { until: 'evaluate', fresh: true });
  expect(alone.nouns.candidate?.resumed).toBeNull();
  expect(ended.nouns.candidate?.model).toBe(alone.nouns.candidate?.model);
});

test('a run is not resumed when it is done, nor when its data has changed since', async () => {
  const connection = await startSidecar(root);
  const begun = await connection.client.startRun({ configuration: 'config/training.yaml', until: 'evaluate' });
  await untilCheckpoint(0);
  await connection.client.cancelRun({ run: begun.id });
  await endOf(connection, begun.id);
  writeHalves(root, 61, '');
  const other = await endOf(connection, (await connection.client.resumeRun({ run: begun.id, until: 'evaluate' })).id);
  expect(other).toMatchObject({ status: 'failed', fault: { code: 'checkpoint-missing' } });

  const done = await trainOnce(connection, { until: 'evaluate' });
  await expect(connection.client.resumeRun({ run: done.id })).rejects.toMatchObject({ code: 'run-not-active' });
});
