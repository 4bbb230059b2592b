import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Hash } from '../../../sidecar/contract/ids.ts';
import { createRecorder } from '../../../sidecar/serving/recorder.ts';
import { openDatabase, type Database } from '../../../sidecar/store/database.ts';
import { createEndpointStore, type EndpointRecord } from '../../../sidecar/store/endpoints.ts';
import { createLivePredictionStore } from '../../../sidecar/store/live-predictions.ts';
import { createWindowStore } from '../../../sidecar/store/windows.ts';

let folder: string;
let database: Database;
const reference = Hash.parse('c'.repeat(64));
const record = (name: string): EndpointRecord => ({
  name,
  open: false,
  port: 0,
  lastPort: 0,
  token: null,
  deployment: { endpoint: name, model: name, version: 1, reference, since: 1 },
  versions: {},
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-'));
  database = openDatabase(join(folder, 'trainyard.db'));
  for (const name of ['a', 'b']) createEndpointStore(database).save(record(name));
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const prediction = (id: string, at: number, predicted = 'yes') => ({ id, version: 1, at, predicted, confidence: 0.9 });

test('endpoints come back as they were saved, the newest save last', () => {
  const store = createEndpointStore(database);
  store.save({ ...record('a'), open: true, token: 'secret' });
  expect(store.find('a')).toEqual({ ...record('a'), open: true, token: 'secret' });
  expect(store.list().map(({ name }) => name)).toEqual(['a', 'b']);
  expect(store.find('none')).toBeUndefined();
});

test('a label finds its prediction, of its own endpoint only', () => {
  const store = createLivePredictionStore(database);
  store.add('a', [prediction('1', 1), prediction('2', 2), prediction('3', 3)]);
  store.add('b', [prediction('1', 1, 'no')]);
  expect(
    store.label(
      'a',
      [
        { id: '1', label: 'yes' },
        { id: '2', label: 'no' },
        { id: '9', label: 'no' },
      ],
      5,
    ),
  ).toEqual(['9']);
  expect(store.countLabelled('a', 1)).toEqual({ rows: 2, right: 1 });
  expect(store.countLabelled('b', 1)).toEqual({ rows: 0, right: 0 });
  expect(store.label('a', [{ id: '2', label: 'yes' }], 6)).toEqual([]);
  expect(store.countLabelled('a', 1)).toEqual({ rows: 2, right: 2 });
});

test('only the newest predictions are kept', () => {
  const store = createLivePredictionStore(database);
  const recorder = createRecorder({ endpoint: 'a', store, clock: () => 0, keptRows: 100 });
  for (let at = 0; at < 5_200; at++) {
    recorder.add(prediction(String(at), at));
    if (at % 1000 === 999) recorder.flush();
  }
  recorder.flush();
  expect(store.count('a')).toBe(100);
  expect(
    recorder.label(
      [
        { id: '5199', label: 'yes' },
        { id: '0', label: 'yes' },
      ],
      { version: 1, task: 'classification' },
    ),
  ).toMatchObject({
    accepted: 1,
    unknown: ['0'],
    realized: { rows: 1, accuracy: 1, high: 1 },
  });
});

test('what waits to be written never grows beyond its limit', () => {
  const store = createLivePredictionStore(database);
  const recorder = createRecorder({ endpoint: 'a', store, clock: () => 0 });
  for (let at = 0; at < 20_000; at++) recorder.add(prediction(String(at), at));
  recorder.flush();
  expect(store.count('a')).toBe(5_000);
});

test('numbers are not called right or wrong', () => {
  const recorder = createRecorder({ endpoint: 'a', store: createLivePredictionStore(database), clock: () => 0 });
  recorder.add({ ...prediction('1', 1, '2.5'), confidence: null });
  expect(recorder.label([{ id: '1', label: 2.4 }], { version: 1, task: 'regression' }).realized).toEqual({
    rows: 1,
    accuracy: null,
    low: null,
    high: null,
  });
});

test('the newest windows of a version are kept, in order', () => {
  const store = createWindowStore(database);
  for (let at = 0; at < 10; at++) {
    store.add('a', 1, { openedAt: at, closedAt: at + 1, rows: at, body: { at } }, 4);
    store.add('a', 2, { openedAt: at, closedAt: at + 1, rows: at, body: { at } }, 2);
  }
  expect(store.newest('a', 1, 100).map(({ body }) => body)).toEqual([{ at: 6 }, { at: 7 }, { at: 8 }, { at: 9 }]);
  expect(store.newest('a', 2, 1)).toEqual([{ openedAt: 9, closedAt: 10, rows: 9, body: { at: 9 } }]);
  expect(store.findOpen('a', 1)).toBeNull();
  store.saveOpen('a', 1, { rows: 3 });
  store.saveOpen('a', 1, { rows: 4 });
  expect(store.findOpen('a', 1)).toEqual({ rows: 4 });
});
