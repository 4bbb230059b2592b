import type { RunId } from '../contract/ids.ts';
import type { MetricPoint } from '../contract/run.ts';
import type { Database } from './database.ts';

export interface MetricStore {
  readonly append: (run: RunId, points: readonly MetricPoint[]) => void;
  readonly names: (run: RunId) => string[];
  /** All points of one curve, by step. */
  readonly curve: (run: RunId, name: string) => MetricPoint[];
  /** The newest point of a curve, by step. */
  readonly last: (run: RunId, name: string) => MetricPoint | null;
}

const numberOf = (id: RunId): number => Number(id.slice(1));

export const createMetricStore = (database: Database): MetricStore => {
  const insert = database.prepare('insert into metrics (run, name, step, epoch, value, at) values (?, ?, ?, ?, ?, ?)');
  const names = database
    .prepare<[number], string>('select distinct name from metrics where run = ? order by name')
    .pluck();
  const curve = database.prepare<[number, string], MetricPoint>(
    'select name, step, epoch, value, at from metrics where run = ? and name = ? order by step, rowid',
  );
  const last = database.prepare<[number, string], MetricPoint>(
    'select name, step, epoch, value, at from metrics where run = ? and name = ? order by step desc, rowid desc limit 1',
  );
  const appendAll = database.transaction((run: number, points: readonly MetricPoint[]) => {
    for (const { name, step, epoch, value, at } of points) insert.run(run, name, step, epoch, value, at);
  });
  return {
    append: (run, points) => appendAll(numberOf(run), points),
    names: (run) => names.all(numberOf(run)),
    curve: (run, name) => curve.all(numberOf(run), name),
    last: (run, name) => last.get(numberOf(run), name) ?? null,
  };
};
