import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EndpointAccess } from '../../sidecar/contract/deployment.ts';
import { Endpoint } from '../../sidecar/contract/deployment.ts';
import type { Announcement } from '../../sidecar/contract/events.ts';
import { Hash, RunId } from '../../sidecar/contract/ids.ts';
import type { Model } from '../../sidecar/contract/model.ts';
import type { Prediction } from '../../sidecar/contract/report.ts';
import { DriftReport, Watch } from '../../sidecar/contract/watch.ts';
import { modelMissing } from '../../sidecar/faults.ts';
import { createEndpoints, type Endpoints } from '../../sidecar/serving/endpoints.ts';
import type { EndpointNeeds } from '../../sidecar/serving/live-endpoint.ts';
import { buildReference } from '../../sidecar/serving/reference.ts';
import { createRandom } from '../../sidecar/statistics/random.ts';
import { openDatabase, type Database } from '../../sidecar/store/database.ts';
import { createEndpointStore, type WatchSettings } from '../../sidecar/store/endpoints.ts';
import { createLivePredictionStore } from '../../sidecar/store/live-predictions.ts';
import { createWindowStore } from '../../sidecar/store/windows.ts';
import {
  ask,
  codec,
  columnsBody,
  inferenceEntry,
  shareOfNo,
  tableFeatures,
  numbersModel,
} from '../unit/serving/open-endpoint.ts';

const settings: WatchSettings = {
  windowRows: 100,
  windowMs: 3_600_000,
  threshold: 'auto',
  columns: 'all',
  correction: 'bh',
  consecutive: 2,
};

let folder: string;
let database: Database;
let announced: Announcement[];
let endpoints: Endpoints;
let now: number;
const objects = new Map<string, Uint8Array>();
const put = (bytes: Uint8Array): Hash => {
  const hash = Hash.parse(createHash('sha256').update(bytes).digest('hex'));
  objects.set(hash, bytes);
  return hash;
};

const modelOf = (version: number): Model => ({
  name: 'tab',
  version,
  model: put(numbersModel(version).onnx),
  bytes: 1,
  run: RunId.parse('r1'),
  dataset: { name: 'data', version: 1, hash: tableFeatures.hash },
  features: tableFeatures,
  measures: [],
  fingerprints: {} as Model['fingerprints'],
  tags: {},
  createdAt: 0,
});

const open = (more: Partial<EndpointNeeds> = {}): Endpoints =>
  createEndpoints({
    store: createEndpointStore(database),
    windows: createWindowStore(database),
    predictions: createLivePredictionStore(database),
    objects: {
      put,
      get: (hash) => {
        const bytes = objects.get(hash);
        if (bytes === undefined) throw new Error(`no object ${hash}`);
        return bytes;
      },
    },
    models: {
      get: (name, version) => {
        if (name !== 'tab' || version > 9) throw modelMissing(name, `v${version}`, ['v1']);
        return modelOf(version);
      },
    },
    codec,
    announce: (announcement) => announced.push(announcement),
    clock: () => now,
    log: () => undefined,
    inferenceEntry,
    ...more,
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-'));
  database = openDatabase(join(folder, 'trainyard.db'));
  announced = [];
  now = 1_000_000;
  endpoints = open();
});
afterEach(async () => {
  await endpoints.closeAll();
  database.close();
  rmSync(folder, { recursive: true });
});

const random = createRandom(7);
const row = (shift = 0): [number, number] => [random.normal() + shift, random.normal()];

/** What the reference knows: standard normal columns, and what version n answers for them. */
const referenceOf = (version: number): Hash => {
  const rows = Array.from({ length: 2000 }, () => row());
  const predictions = rows.map(([width, height], at): Prediction => {
    const share = 1 / (1 + Math.exp(height - width - version / 10));
    const predicted = share >= 0.5 ? 0 : 1;
    return {
      row: `row ${at}`,
      truth: at % 10 === 0 ? 1 - predicted : predicted,
      predicted,
      confidence: Math.max(share, 1 - share),
    };
  });
  const reference = buildReference({
    features: tableFeatures,
    inputs: {
      rows: rows.length,
      read: (indices, inputs) => {
        for (const [at, index] of indices.entries()) inputs.set(rows[index]!, at * 2);
      },
    },
    sample: rows,
    predictions,
    windowRows: settings.windowRows,
    codec,
  });
  return put(Buffer.from(JSON.stringify(reference)));
};

const deploy = async (version: number) => {
  endpoints.prepare({ model: modelOf(version), reference: referenceOf(version), watch: settings, port: 0 });
  return endpoints.deploy(modelOf(version));
};

const callable = (access: EndpointAccess) => ({ port: Number(new URL(access.url!).port), token: access.token });

/** One window of traffic in requests of ten rows. */
const traffic = async (access: EndpointAccess, rows: number, shift = 0) => {
  const ids: string[] = [];
  for (let sent = 0; sent < rows; sent += 10) {
    const body = JSON.stringify({ rows: Array.from({ length: 10 }, () => row(shift)) });
    const reply = await ask(callable(access), { path: '/predict', body });
    expect(reply.status).toBe(200);
    ids.push(...(reply.json() as { predictions: { id: string }[] }).predictions.map(({ id }) => id));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return ids;
};

const answeringVersion = async (access: EndpointAccess) => {
  const reply = await ask(callable(access), {
    path: '/v2/models/tab/infer',
    body: columnsBody({ width: [0], height: [0] }),
  });
  const { model_version: version, outputs } = reply.json() as { model_version: string; outputs: { data: number[] }[] };
  expect(outputs[1]!.data[0]).toBeCloseTo(shareOfNo(Number(version)), 5);
  return Number(version);
};

describe('deploying', () => {
  test('a deployed model listens only once it is opened, and stops when it is closed', async () => {
    expect(await deploy(1)).toMatchObject({ endpoint: 'tab', version: 1 });
    expect(endpoints.list()).toMatchObject([{ name: 'tab', state: 'stopped', url: null, requests: 0 }]);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    expect(access.token).toMatch(/^[\w-]{43}$/);
    expect(await answeringVersion(access)).toBe(1);
    const closed = Endpoint.parse(await endpoints.close('tab'));
    expect(closed).toMatchObject({ state: 'stopped', url: null, requests: 1, rows: 1 });
    await expect(ask(callable(access), { path: '/ping' })).rejects.toThrow();
    expect(endpoints.access('tab').token).toBeNull();
  });

  test('an open endpoint follows the champion forward and back, each version with its own reference', async () => {
    const first = await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    const second = await deploy(2);
    expect(second.reference).not.toBe(first.reference);
    expect(await answeringVersion(access)).toBe(2);
    expect(endpoints.drift('tab').version).toBe(2);
    await endpoints.follow({ model: 'tab', alias: 'champion', to: 1 });
    expect(await answeringVersion(access)).toBe(1);
    expect(endpoints.list()[0]?.deployment).toMatchObject({ version: 1, reference: first.reference });
    await endpoints.follow({ model: 'tab', alias: 'canary', to: 2 });
    expect(await answeringVersion(access)).toBe(1);
  });

  test('a version that no run deployed is served, and the report says that nothing is watched', async () => {
    const access = await endpoints.open({ model: 'tab', version: 3 });
    expect(await answeringVersion(access)).toBe(3);
    const report = DriftReport.parse(endpoints.drift('tab'));
    expect(report.features).toEqual([]);
    expect(report.summary).toContain('not deployed by a run');
  });

  test('names that are not there are faults', async () => {
    expect(() => endpoints.access('nothing')).toThrow(/There is no endpoint nothing/);
    expect(() => endpoints.drift('nothing')).toThrow(expect.objectContaining({ code: 'endpoint-missing' }) as Error);
    await expect(endpoints.open({ model: 'tab', version: 12 })).rejects.toMatchObject({ code: 'model-missing' });
  });

  test('a port that another program has is a fault with its number', async () => {
    const access = await endpoints.open({ model: 'tab', version: 1 });
    const { port } = callable(access);
    const elsewhere = open();
    await elsewhere.close('tab');
    await expect(elsewhere.open({ model: 'tab', version: 1, port })).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(String(port)) as string,
    });
    await elsewhere.closeAll();
  });

  test('after a restart an open endpoint is at the same address with the same token', async () => {
    const before = await endpoints.open({ model: 'tab', version: 1 });
    await endpoints.closeAll();
    endpoints = open();
    await endpoints.restoreAll();
    const after = endpoints.access('tab');
    expect(after).toMatchObject({ url: before.url, token: before.token, state: 'serving' });
    expect(await answeringVersion(after)).toBe(1);
  });
});

describe('the watch', () => {
  test('traffic like the reference raises nothing, shifted traffic raises an alarm that names the column', async () => {
    await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    const watch = Watch.parse(endpoints.watch('tab'));
    expect(watch.features).toEqual(['width', 'height', 'predicted class', 'confidence']);

    await traffic(access, 300);
    const quiet = DriftReport.parse(endpoints.drift('tab'));
    expect(quiet).toMatchObject({ rows: 300, windows: 3, windowRows: 100, alarm: false });
    expect(quiet.features.every(({ verdict }) => verdict !== 'drifting')).toBe(true);
    expect(announced.filter(({ type }) => type === 'driftMeasured')).toHaveLength(3);
    expect(announced.some(({ type }) => type === 'driftAlarmRaised')).toBe(false);

    await traffic(access, 100, 3);
    expect(endpoints.drift('tab')).toMatchObject({ alarm: false });
    await traffic(access, 100, 3);
    const loud = DriftReport.parse(endpoints.drift('tab'));
    const width = loud.features.find(({ feature }) => feature === 'width')!;
    expect(loud.alarm).toBe(true);
    expect(width).toMatchObject({ verdict: 'drifting', kind: 'input', type: 'number', since: now });
    expect(width.sentence).toMatch(/“width” has changed: its mean went from -?[\d.]+ to (2\.[6-9]|3)/);
    expect(width.advice).toContain('width');
    expect(width.bins).toHaveLength(width.current.length);
    expect(width.reference.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(width.trend).toHaveLength(5);
    expect(loud.features.find(({ feature }) => feature === 'height')).toMatchObject({
      verdict: expect.not.stringMatching('drifting') as string,
      since: null,
    });
    expect(announced.find(({ type }) => type === 'driftAlarmRaised')).toMatchObject({
      features: expect.arrayContaining(['width']) as string[],
    });
    const metrics = (await ask(callable(access), { path: '/metrics' })).body.toString();
    expect(metrics).toMatch(/trainyard_drift_detected\{column="width",endpoint="tab"\} 1/);

    await traffic(access, 200);
    expect(endpoints.drift('tab').alarm).toBe(false);
    expect(announced.map(({ type }) => type)).toContain('driftAlarmCleared');
  });

  test('windows, alarm and the window that is filling survive a restart', async () => {
    await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    await traffic(access, 250, 3);
    const before = endpoints.drift('tab');
    expect(before).toMatchObject({ rows: 250, windows: 2, alarm: true });
    await endpoints.closeAll();
    endpoints = open();
    expect(endpoints.drift('tab')).toEqual(before);
    await endpoints.restoreAll();
    await traffic(endpoints.access('tab'), 50, 3);
    expect(endpoints.drift('tab')).toMatchObject({ rows: 300, windows: 3, alarm: true });
  });

  test('a version that answers is watched on when it is prepared once more, also if it is not deployed again', async () => {
    await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    await traffic(access, 50, 3);
    endpoints.prepare({ model: { name: 'tab', version: 1 }, reference: referenceOf(1), watch: settings, port: 0 });
    await traffic(access, 150, 3);
    expect(endpoints.drift('tab')).toMatchObject({ rows: 200, windows: 2, alarm: true });
  });

  test('after a rollback the watch goes on where it was', async () => {
    await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    await traffic(access, 250, 3);
    const before = endpoints.drift('tab');
    await deploy(2);
    expect(endpoints.drift('tab')).toMatchObject({ version: 2, rows: 0, alarm: false });
    await endpoints.follow({ model: 'tab', alias: 'champion', to: 1 });
    expect(endpoints.drift('tab')).toEqual(before);
  });

  test('a window closes by time, and says when its rows are too few', async () => {
    await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    await traffic(access, 20, 3);
    expect(endpoints.drift('tab')).toMatchObject({ windows: 0, summary: 'No window has closed yet: 20 of 100 rows.' });
    now += settings.windowMs;
    await expect.poll(() => endpoints.drift('tab').windows, { timeout: 5000 }).toBe(1);
    const report = endpoints.drift('tab');
    expect(report).toMatchObject({ windowRows: 20, alarm: false, summary: '20 rows are too few to tell.' });
    expect(report.features.every(({ verdict }) => verdict === 'cannot_tell')).toBe(true);
  });

  test('labels that come later give the accuracy with its interval', async () => {
    await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    const body = JSON.stringify({
      rows: [
        [5, 0],
        [0, 5],
        [5, 0],
        [0, 5],
      ],
    });
    const reply = await ask(callable(access), { path: '/predict', body });
    const { predictions } = reply.json() as { predictions: { id: string; label: string }[] };
    expect(predictions.map(({ label }) => label)).toEqual(['no', 'yes', 'no', 'yes']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const labels = [
      ...predictions.map(({ id }, at) => ({ id, label: at === 3 ? 'no' : predictions[at]!.label })),
      { id: 'none', label: 'no' },
    ];
    const receipt = await ask(callable(access), { path: '/labels', body: JSON.stringify({ labels }) });
    // Wilson, 3 of 4, from statsmodels' proportion_confint.
    const realized = {
      rows: 4,
      accuracy: 0.75,
      low: expect.closeTo(0.30064, 4) as number,
      high: expect.closeTo(0.95442, 4) as number,
    };
    expect(receipt.json()).toEqual({ accepted: 4, unknown: ['none'], realized });
    expect(endpoints.drift('tab').realized).toEqual({ ...realized, atDeployment: 0.9 });
  });

  test('a full disk stops neither the answers nor the watch', async () => {
    await deploy(1);
    const full = () => {
      throw new Error('database or disk is full');
    };
    const logged: string[] = [];
    await endpoints.closeAll();
    endpoints = open({
      windows: { ...createWindowStore(database), add: full, saveOpen: full },
      predictions: { ...createLivePredictionStore(database), add: full },
      log: (_level, text) => logged.push(text),
    });
    const access = await endpoints.open({ model: 'tab', version: 1 });
    await traffic(access, 250, 3);
    expect(endpoints.drift('tab')).toMatchObject({ rows: 250, windows: 2, alarm: true });
    expect(logged.join()).toContain('disk is full');
  });

  test('what is kept of traffic does not grow with it', async () => {
    await deploy(1);
    const access = await endpoints.open({ model: 'tab', version: 1 });
    const sizeOfOpen = () => String(database.prepare('select body from open_windows').pluck().get()).length;
    await traffic(access, 110);
    const small = sizeOfOpen();
    await traffic(access, 1000);
    expect(sizeOfOpen()).toBeLessThan(small * 1.2);
  });
});

test('changes of an endpoint are told at most about twice a second', async () => {
  await deploy(1);
  const access = await endpoints.open({ model: 'tab', version: 1 });
  announced.length = 0;
  const started = performance.now();
  while (performance.now() - started < 1200) await traffic(access, 50);
  const seconds = (performance.now() - started) / 1000;
  const told = announced.filter(({ type }) => type === 'endpointChanged').length;
  expect(told).toBeLessThanOrEqual(2 * seconds + 2);
  expect(told).toBeGreaterThan(1);
});
