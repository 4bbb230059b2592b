import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { Hash, RunId } from '../../../sidecar/contract/ids.ts';
import type { Model } from '../../../sidecar/contract/model.ts';
import { openDatabase, type Database } from '../../../sidecar/store/database.ts';
import { takeLock } from '../../../sidecar/store/lock.ts';
import { createMetricStore } from '../../../sidecar/store/metrics.ts';
import { createModelStore } from '../../../sidecar/store/models.ts';
import { createRunStore } from '../../../sidecar/store/runs.ts';
import { runOf } from '../../support/run.ts';
import { dataset } from '../extension/sample.ts';

let folder: string;
let database: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-store-'));
  database = openDatabase(join(folder, 'trainyard.db'));
});

const hash = Hash.parse('a'.repeat(64));
const modelOf = (name: string): Model => ({
  name,
  version: 1,
  model: hash,
  bytes: 10,
  run: RunId.parse('r1'),
  dataset: { name: 'images', version: 1, hash },
  features: {
    hash,
    task: 'classification',
    inputShape: [1, 28, 28],
    classes: ['0', '1'],
    rows: { train: 8, validation: 1, test: 1 },
    normalization: { mean: [0], std: [1] },
    columns: [],
    target: null,
  },
  measures: [],
  fingerprints: { code: hash, data: hash, configuration: hash, environment: hash },
  tags: {},
  createdAt: 1,
});

test('the database writes ahead and syncs fully, so that an acknowledged commit survives power loss', () => {
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(database.pragma('synchronous', { simple: true })).toBe(2);
});

test('a database of a later version is refused and left as it is', () => {
  database.pragma('user_version = 99');
  database.close();
  expect(() => openDatabase(join(folder, 'trainyard.db'))).toThrow('was written by a later version');
});

test('a file that is no database is refused with what to do', () => {
  const path = join(folder, 'broken.db');
  writeFileSync(path, 'this is not SQLite, it is a poem about trains and yards and more than sixteen bytes');
  expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'store-damaged' }) as Error);
});

test('runs are numbered in the order they are made, and found again as they were', () => {
  const runs = createRunStore(database);
  const first = runs.create((id) => runOf(1, { id }));
  const second = runs.create((id) => runOf(1, { id, experiment: 'other' }));
  const third = runs.create((id) => runOf(1, { id }));
  expect([first.id, second.id, third.id]).toEqual(['r1', 'r2', 'r3']);
  expect(runs.list({ limit: 10 }).map((run) => run.id)).toEqual(['r3', 'r2', 'r1']);
  expect(runs.list({ experiment: 'digits', limit: 1 }).map((run) => run.id)).toEqual(['r3']);
  expect(runs.previous(third)?.id).toBe('r1');
  expect(runs.get(first.id)).toEqual(first);
});

test('the runs that were made of a version of data are found by it', () => {
  const runs = createRunStore(database);
  const [one, other, none] = ['a', 'b', 'c'].map((digit) => Hash.parse(digit.repeat(64))) as [Hash, Hash, Hash];
  for (const hash of [one, other, one]) {
    const version = dataset(1, { hash });
    runs.create((id) => runOf(1, { id, nouns: { dataset: { dataset: version, code: version.code } } }));
  }
  runs.create((id) => runOf(1, { id }));
  expect(runs.ofData(one)).toEqual(['r3', 'r1']);
  expect(runs.ofData(none)).toEqual([]);
});

test('an unknown run is a fault that says where to look', () => {
  expect(() => createRunStore(database).get(RunId.parse('r9'))).toThrow('There is no run r9 in this workspace.');
});

test('a curve comes back point by point in the order of its steps', () => {
  createRunStore(database).create((id) => runOf(1, { id }));
  const metrics = createMetricStore(database);
  const run = RunId.parse('r1');
  metrics.append(run, [
    { name: 'loss', step: 2, epoch: 0, value: 0.5, at: 2 },
    { name: 'loss', step: 1, epoch: 0, value: 0.9, at: 1 },
    { name: 'accuracy', step: 1, epoch: 0, value: 0.1, at: 1 },
  ]);
  expect(metrics.curve(run, 'loss').map(({ step, value }) => [step, value])).toEqual([
    [1, 0.9],
    [2, 0.5],
  ]);
  expect(metrics.names(run)).toEqual(['accuracy', 'loss']);
  expect(metrics.last(run, 'loss')?.value).toBe(0.5);
  expect(metrics.last(run, 'unknown')).toBeNull();
});

test('an alias moves with a line in the audit trail, and rolls back to where it was before', () => {
  createRunStore(database).create((id) => runOf(1, { id }));
  const models = createModelStore(database);
  for (let version = 1; version <= 2; version += 1) models.register(() => modelOf('digits'));
  const move = (version: number, why: string) =>
    models.move({ model: 'digits', alias: 'champion', version, by: 'ana', why, at: version });
  move(1, 'first');
  move(2, 'better');
  expect(models.aliased('digits', 'champion')?.version).toBe(2);
  expect(
    models.rollback({ model: 'digits', alias: 'champion', by: 'ben', why: 'worse at night', at: 3 }),
  ).toMatchObject({
    from: 2,
    to: 1,
  });
  expect(models.aliased('digits', 'champion')?.version).toBe(1);
  expect(models.moves('digits').map(({ by, from, to, why }) => [by, from, to, why])).toEqual([
    ['ana', null, 1, 'first'],
    ['ana', 1, 2, 'better'],
    ['ben', 2, 1, 'worse at night'],
  ]);
});

test('an alias cannot point to a version that is not there, and the trail stays as it was', () => {
  const models = createModelStore(database);
  const request = { model: 'digits', alias: 'champion', version: 3, by: 'ana', why: '', at: 1 };
  expect(() => models.move(request)).toThrow(expect.objectContaining({ code: 'model-missing' }) as Error);
  expect(models.moves('digits')).toEqual([]);
});

test('rolling back an alias that never moved says so', () => {
  createRunStore(database).create((id) => runOf(1, { id }));
  const models = createModelStore(database);
  models.register(() => modelOf('digits'));
  models.move({ model: 'digits', alias: 'champion', version: 1, by: 'ana', why: '', at: 1 });
  expect(() => models.rollback({ model: 'digits', alias: 'champion', by: 'ana', why: '', at: 2 })).toThrow(
    'has no earlier version to go back to',
  );
});

test('one holder of the lock at a time, and it is free again when released', () => {
  const path = join(folder, 'lock.db');
  const first = takeLock(path);
  expect(first).not.toBeNull();
  expect(takeLock(path)).toBeNull();
  first?.release();
  const next = takeLock(path);
  expect(next).not.toBeNull();
  next?.release();
});
