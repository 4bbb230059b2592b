import { describe, expect, test } from 'vitest';
import type { Deployment } from '../../../../sidecar/contract/deployment.ts';
import { Hash, RunId } from '../../../../sidecar/contract/ids.ts';
import type { Model } from '../../../../sidecar/contract/model.ts';
import type { Report } from '../../../../sidecar/contract/report.ts';
import { Training } from '../../../../sidecar/contract/training.ts';
import { createDeployStage } from '../../../../sidecar/pipeline/7-deploy/stage.ts';
import { watchSettingsOf } from '../../../../sidecar/pipeline/7-deploy/watch-settings.ts';
import { createMonitorStage } from '../../../../sidecar/pipeline/8-monitor/stage.ts';
import type { StageContext } from '../../../../sidecar/pipeline/stage.ts';
import type { DeployRequest } from '../../../../sidecar/serving/endpoints.ts';
import { tableFeatures } from '../../serving/open-endpoint.ts';

const reference = Hash.parse('b'.repeat(64));
const training = (more: object = {}) => Training.parse({ model: { name: 'mlp' }, data: { dataset: 'data' }, ...more });
const context: StageContext = {
  run: RunId.parse('r1'),
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: () => undefined,
};

const deploy = async (champion: number | null, settings: object = {}) => {
  const prepared: DeployRequest[] = [];
  let current: Deployment | null = null;
  const stage = createDeployStage({
    endpoints: {
      prepare: (request) => prepared.push(request),
      deployed: () => current,
      deploy: ({ name, version }) => {
        current = { endpoint: name, model: name, version, reference, since: 5 };
        return Promise.resolve(current);
      },
    },
    reference: ({ windowRows, predictions }) => {
      expect([windowRows, predictions]).toEqual([training(settings).monitor.window_rows, 'p']);
      return Promise.resolve({ reference });
    },
    champion: () => champion,
    objectsFolder: 'objects',
    featuresFolder: 'features',
  });
  const needs = {
    experiment: 'tab',
    training: training(settings),
    root: '/',
    promote: false,
    features: tableFeatures,
    report: { predictions: 'p' } as unknown as Report,
    model: { name: 'tab', version: 2, createdAt: 1 } as Model,
  };
  expect(stage.key(needs)).toBeNull();
  return { prepared, outcome: await stage.run(needs, context) };
};

describe('deploy', () => {
  test('the champion is deployed with the reference made for it', async () => {
    const { prepared, outcome } = await deploy(2, { deploy: { port: 8123 }, monitor: { window_rows: 50 } });
    expect(prepared).toMatchObject([
      { model: { name: 'tab', version: 2 }, reference, port: 8123, watch: { windowRows: 50 } },
    ]);
    expect(outcome).toMatchObject({
      status: 'done',
      gives: { deployment: { endpoint: 'tab', version: 2, reference } },
    });
  });

  test('another version waits, says for what, and has its reference ready', async () => {
    const { prepared, outcome } = await deploy(1);
    expect(outcome).toMatchObject({ status: 'ended', note: 'v2 waits for promotion: trainyard promote tab v2' });
    expect(prepared).toHaveLength(1);
  });

  test('deploy.strategy none is heeded', async () => {
    const { outcome } = await deploy(2, { deploy: { strategy: 'none' } });
    expect(outcome).toMatchObject({
      status: 'ended',
      note: 'deploy.strategy is none: tab v2 is registered and not deployed',
    });
  });
});

test.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['0s', 1_000],
])('a window of %s is %i milliseconds', (window, windowMs) => {
  expect(watchSettingsOf(training({ monitor: { window } }).monitor)).toMatchObject({ windowMs, threshold: 'auto' });
});

test('monitor gives the watch over what was deployed', async () => {
  const watch = { endpoint: 'tab', version: 2, reference, features: ['a'], windowRows: 50, windowMs: 1000, since: 5 };
  const stage = createMonitorStage({ endpoints: { watch: () => watch } });
  const deployment = { endpoint: 'tab', model: 'tab', version: 2, reference, since: 5 };
  const needs = { experiment: 'tab', training: training(), root: '/', promote: false, deployment };
  expect(stage.key(needs)).toBeNull();
  expect(await stage.run(needs, context)).toMatchObject({
    status: 'done',
    gives: { watch },
    note: '1 feature watched in windows of 50 rows',
  });
});
