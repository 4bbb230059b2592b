import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import {
  endSidecars,
  halfImage,
  halvesConfiguration,
  startSidecar,
  trainOnce,
  write,
  writeHalves,
} from '../support/workspace.ts';

let root: string;
beforeEach(() => {
  root = freshWorkspace();
});

test('a training.yaml becomes a watched endpoint that answers, through all eight stages', async () => {
  writeHalves(root, 60, 'gates: [{metric: accuracy, at_least: 0.9}]\n');
  const connection = await startSidecar(root);
  const events: SidecarEvent['type'][] = [];
  connection.onEvent((event) => events.push(event.type));

  const run = await trainOnce(connection);

  expect(run.fault).toBeNull();
  expect(run.status).toBe('done');
  expect(run.stages.map((stage) => stage.status)).toEqual(Array.from({ length: 8 }, () => 'done'));
  expect(run.metric?.value).toBeGreaterThanOrEqual(0.9);
  expect(run.nouns.clearance?.verdicts[0]?.verdict).toBe('pass');
  expect(run.model).toEqual({ name: 'halves', version: 1 });
  expect(new Set(events)).toEqual(
    new Set([...events, 'runChanged', 'metricsLogged', 'modelRegistered', 'aliasMoved', 'endpointChanged']),
  );

  const access = await connection.client.openEndpoint({ model: 'halves' });
  const reply = await fetch(`${access.url ?? ''}/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access.token ?? ''}`, 'content-type': 'image/png' },
    body: halfImage('right', 77) as Uint8Array<ArrayBuffer>,
  });
  expect(await reply.json()).toMatchObject({ model: 'halves', version: 1, predictions: [{ label: 'right' }] });
  const drift = await connection.client.getDrift({ endpoint: 'halves' });
  expect(drift.features.map((feature) => feature.feature)).toEqual(
    expect.arrayContaining(['brightness', 'contrast', 'sharpness']),
  );
});

test('equal runs train once: the second one reuses what the first gave, and says so', async () => {
  writeHalves(root);
  const connection = await startSidecar(root);
  const first = await trainOnce(connection);
  const second = await trainOnce(connection);
  expect(second.stages.find((stage) => stage.stage === 'train')?.status).toBe('reused');
  expect(second.nouns.candidate?.model).toBe(first.nouns.candidate?.model);
  expect(second.changes).toEqual([]);
});

test('training is deterministic: four equal fingerprints give the same weights, bit for bit', async () => {
  writeHalves(root);
  const connection = await startSidecar(root);
  const first = await trainOnce(connection, { until: 'evaluate' });
  const again = await trainOnce(connection, { until: 'evaluate', fresh: true });
  const other = await trainOnce(connection, { until: 'evaluate', overrides: { 'training.seed': '4' } });
  expect(again.fingerprints).toEqual(first.fingerprints);
  expect(again.stages.find((stage) => stage.stage === 'train')?.status).toBe('done');
  expect(again.nouns.candidate?.model).toBe(first.nouns.candidate?.model);
  expect(other.fingerprints?.configuration).not.toBe(first.fingerprints?.configuration);
  expect(other.fingerprints?.data).toBe(first.fingerprints?.data);
  expect(other.nouns.candidate?.model).not.toBe(first.nouns.candidate?.model);
});

test('a run that fails its gate is held with the reason, and nothing is registered', async () => {
  writeHalves(root, 60, 'gates: [{metric: log_loss, at_most: 0}]\n');
  const connection = await startSidecar(root);
  const run = await trainOnce(connection);
  expect(run.status).toBe('held');
  expect(run.reasons[0]).toMatch(/^log_loss ≤ 0: failed\. It is [\d.e-]+ \(95 % interval/);
  expect(await connection.client.listModels({})).toEqual([]);
});

test('a second version waits until it is promoted, then takes over, and rolls back', async () => {
  writeHalves(root);
  const connection = await startSidecar(root);
  await trainOnce(connection);
  const second = await trainOnce(connection, { overrides: { 'optimizer.lr': '0.03' } });
  expect(second.status).toBe('done');
  expect(second.stages.find((stage) => stage.stage === 'deploy')?.note).toContain('trainyard promote halves v2');
  const served = async () => (await connection.client.accessEndpoint({ endpoint: 'halves' })).deployment.version;
  expect(await served()).toBe(1);
  await connection.client.promoteModel({ model: 'halves', version: 2, why: 'as good' });
  expect(await served()).toBe(2);
  await connection.client.rollbackModel({ model: 'halves' });
  expect(await served()).toBe(1);
  expect((await connection.client.listAliasMoves({ model: 'halves' })).map((move) => move.to)).toEqual([1, 2, 1]);
});

test('changed data becomes a new version with a legal pointer, and comparison says what changed', async () => {
  writeHalves(root);
  const connection = await startSidecar(root);
  const first = await trainOnce(connection, { until: 'evaluate' });
  write(root, 'data/raw/halves/left/900.png', halfImage('left', 900));
  const second = await trainOnce(connection, { until: 'evaluate' });
  expect(second.nouns.dataset?.dataset.version).toBe(2);
  expect(second.changes).toEqual([{ kind: 'data', name: 'data set', from: 'halves@v1', to: 'halves@v2' }]);
  const pointer = readFileSync(join(root, 'data/raw/halves.dvc'), 'utf8');
  expect(pointer).toMatch(/md5: [0-9a-f]{32}\.dir/);
  expect(pointer).toMatch(/nfiles: 121/);
  const comparison = await connection.client.compareRuns({ runs: [first.id, second.id] });
  expect(comparison.data[1]?.difference).toBe('+1 −0 ~0 files');
  expect(comparison.parameters.filter((row) => row.differs)).toEqual([]);
  expect(comparison.curves.map((curve) => curve.name)).toEqual(expect.arrayContaining(['train_loss', 'val_accuracy']));
});

test('a pointer that Git brings back is noticed, and the version it names is known', async () => {
  writeHalves(root, 20);
  const connection = await startSidecar(root);
  await connection.client.versionDataset({ path: 'data/raw/halves' });
  const first = readFileSync(join(root, 'data/raw/halves.dvc'), 'utf8');
  write(root, 'data/raw/halves/left/900.png', halfImage('left', 900));
  await connection.client.versionDataset({ path: 'data/raw/halves' });
  const moved: unknown[] = [];
  connection.onEvent((event) => {
    if (event.type === 'pointerMoved') moved.push([event.pointer, event.version]);
  });
  write(root, 'data/raw/halves.dvc', first);
  await expect.poll(() => moved, { timeout: 30_000 }).toContainEqual(['data/raw/halves.dvc', 1]);
});

test('a cancelled run stops within seconds and keeps what it had', async () => {
  writeHalves(root);
  const connection = await startSidecar(root);
  const run = await connection.client.startRun({
    configuration: 'config/training.yaml',
    overrides: { 'training.epochs': '100000' },
  });
  const training = new Promise<void>((resolve) => {
    connection.onEvent((event) => {
      if (event.type === 'metricsLogged') resolve();
    });
  });
  await training;
  await connection.client.cancelRun({ run: run.id });
  await expect
    .poll(async () => (await connection.client.getRun({ run: run.id })).status, { timeout: 15_000 })
    .toBe('cancelled');
  const curves = await connection.client.getCurves({ runs: [run.id] });
  expect(curves.find((curve) => curve.name === 'train_loss')?.total).toBeGreaterThan(0);
});

test('a CSV becomes a served model that takes rows by column name', async () => {
  const rows = Array.from({ length: 300 }, (_, at) => {
    const x = (at % 30) / 10 - 1.5;
    return `${x},${at % 2 === 0 ? 'red' : 'blue'},${x > 0 ? 'yes' : 'no'}`;
  });
  write(root, 'data/points.csv', ['x,colour,answer', ...rows].join('\n'));
  write(
    root,
    'config/training.yaml',
    'name: points\nmodel: {name: linear}\ndata: {dataset: data/points.csv, target: answer, batch_size: 16}\noptimizer: {lr: 0.05}\ntraining: {epochs: 10, device: cpu}\n',
  );
  const connection = await startSidecar(root);
  const run = await trainOnce(connection);
  expect(run.fault).toBeNull();
  expect(run.metric?.value).toBeGreaterThan(0.9);
  const access = await connection.client.openEndpoint({ model: 'points' });
  const reply = await fetch(`${access.url ?? ''}/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access.token ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      rows: [
        { x: 1.2, colour: 'red' },
        { x: -1.2, colour: 'blue' },
      ],
    }),
  });
  expect(await reply.json()).toMatchObject({ predictions: [{ label: 'yes' }, { label: 'no' }] });
});

test('windows and shells share one sidecar, and the address file goes with it', async () => {
  write(root, 'config/training.yaml', halvesConfiguration);
  const [first, second, third] = await Promise.all([startSidecar(root), startSidecar(root), startSidecar(root)]);
  expect(second.greeting.startId).toBe(first.greeting.startId);
  expect(third.greeting.pid).toBe(first.greeting.pid);
  await endSidecars();
  await expect.poll(() => existsSync(join(root, '.trainyard/sidecar.json')), { timeout: 10_000 }).toBe(false);
});
