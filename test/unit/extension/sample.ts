import type { DataState } from '../../../extension/data/state.ts';
import type { DatasetVersion } from '../../../sidecar/contract/dataset.ts';
import type { Endpoint } from '../../../sidecar/contract/deployment.ts';
import type { Hash, RunId } from '../../../sidecar/contract/ids.ts';
import type { ModelEntry } from '../../../sidecar/contract/model.ts';
import type { RunSummary, StageRecord } from '../../../sidecar/contract/run.ts';

export const id = (text: string): RunId => text as RunId;
export const hash = (digit: string): Hash => digit.repeat(64) as Hash;

export const stage = (name: StageRecord['stage'], more: Partial<StageRecord> = {}): StageRecord => ({
  stage: name,
  status: 'waiting',
  startedAt: null,
  endedAt: null,
  fraction: null,
  note: null,
  ...more,
});

export const run = (name: string, more: Partial<RunSummary> = {}): RunSummary => ({
  id: id(name),
  experiment: 'digits',
  status: 'done',
  configuration: 'config/training.yaml',
  createdAt: 1_000_000,
  startedAt: 1_000_000,
  endedAt: 1_060_000,
  stages: [],
  epoch: null,
  epochs: null,
  metric: { name: 'accuracy', value: 0.98914, better: 'higher' },
  changes: [],
  model: null,
  reasons: [],
  fault: null,
  ...more,
});

const code = { commit: 'abcdef1234', branch: 'main', dirty: false, patch: null };

export const dataset = (version: number, more: Partial<DatasetVersion> = {}): DatasetVersion => ({
  name: 'images',
  version,
  hash: hash('d'),
  kind: 'image-folder',
  path: 'data/images',
  pointer: 'data/images.dvc',
  files: 100,
  bytes: 11_300_000,
  createdAt: 1_000_000,
  author: 'ana',
  code,
  ...more,
});

export const dataState = (more: Partial<DataState> = {}): DataState => ({
  ...{ kind: 'equal', version: 1, added: 0, removed: 0, changed: 0, lookEveryMs: null },
  ...more,
});

export const model = (version: number, more: Partial<ModelEntry> = {}): ModelEntry => ({
  name: 'digits',
  version,
  model: hash('f'),
  bytes: 412_000,
  run: id(`r${version}`),
  dataset: { name: 'images', version: 1, hash: hash('d') },
  features: {
    hash: hash('e'),
    task: 'classification',
    inputShape: [1, 28, 28],
    classes: ['0', '1'],
    rows: { train: 80, validation: 10, test: 10 },
    normalization: { mean: [0], std: [1] },
    columns: [],
    target: null,
  },
  measures: [{ name: 'accuracy', value: 0.9874, low: 0.98, high: 0.99, rows: 10, better: 'higher' }],
  fingerprints: { code: hash('1'), data: hash('2'), configuration: hash('3'), environment: hash('4') },
  tags: {},
  createdAt: 1_000_000,
  aliases: [],
  ...more,
});

export const endpoint = (more: Partial<Endpoint> = {}): Endpoint => ({
  name: 'digits',
  state: 'serving',
  url: 'http://127.0.0.1:5000',
  deployment: { endpoint: 'digits', model: 'digits', version: 7, reference: hash('a'), since: 1 },
  requests: 37,
  errors: 0,
  rows: 37,
  latencyMs: { p50: 18, p95: 41.23 },
  lastRequestAt: null,
  ...more,
});
