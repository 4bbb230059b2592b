import { RunId, type Hash } from '../contract/ids.ts';
import { Run, type RunStatus } from '../contract/run.ts';
import { runMissing } from '../faults.ts';
import type { Database } from './database.ts';

export interface RunStore {
  /** Gives the next number in the workspace and keeps the run. */
  readonly create: (make: (id: RunId) => Run) => Run;
  readonly save: (run: Run) => void;
  /** @throws Fault `run-missing` */
  readonly get: (id: RunId) => Run;
  /** Newest first. */
  readonly list: (filter: { experiment?: string | undefined; limit: number }) => Run[];
  /** The run of the same experiment before this one. */
  readonly previous: (run: Pick<Run, 'id' | 'experiment'>) => Run | null;
  readonly withStatus: (statuses: readonly RunStatus[]) => Run[];
  /** Runs that were made of a version of data, newest first. */
  readonly ofData: (version: Hash) => RunId[];
  /** What a stage gave under this key, in an earlier run. */
  readonly recall: (stage: string, key: string) => object | undefined;
  readonly keep: (stage: string, key: string, run: RunId, gives: object) => void;
}

const numberOf = (id: RunId): number => Number(id.slice(1));

export const createRunStore = (database: Database): RunStore => {
  const insert = database.prepare(
    'insert into runs (number, experiment, status, created_at, body) values (?, ?, ?, ?, ?)',
  );
  const update = database.prepare('update runs set status = ?, body = ? where number = ?');
  const one = database.prepare<[number], string>('select body from runs where number = ?').pluck();
  const newest = database.prepare<[], number>('select coalesce(max(number), 0) from runs').pluck();
  const all = database.prepare<[number], string>('select body from runs order by number desc limit ?').pluck();
  const ofExperiment = database
    .prepare<[string, number], string>('select body from runs where experiment = ? order by number desc limit ?')
    .pluck();
  const before = database
    .prepare<[string, number], string>(
      'select body from runs where experiment = ? and number < ? order by number desc limit 1',
    )
    .pluck();
  const byStatus = database.prepare<[string], string>('select body from runs where status = ? order by number').pluck();
  const ofData = database
    .prepare<[string], number>(
      "select number from runs where body ->> '$.nouns.dataset.dataset.hash' = ? order by number desc",
    )
    .pluck();
  const recalled = database
    .prepare<[string, string], string>('select gives from outcomes where stage = ? and key = ?')
    .pluck();
  const keep = database.prepare('insert or replace into outcomes (stage, key, run, gives) values (?, ?, ?, ?)');
  const parse = (body: string): Run => Run.parse(JSON.parse(body));

  return {
    create: (make) =>
      database.transaction(() => {
        const number = (newest.get() ?? 0) + 1;
        const run = make(RunId.parse(`r${number}`));
        insert.run(number, run.experiment, run.status, run.createdAt, JSON.stringify(run));
        return run;
      })(),
    save: (run) => void update.run(run.status, JSON.stringify(run), numberOf(run.id)),
    get: (id) => {
      const body = one.get(numberOf(id));
      if (body === undefined) throw runMissing(id);
      return parse(body);
    },
    list: ({ experiment, limit }) =>
      (experiment === undefined ? all.all(limit) : ofExperiment.all(experiment, limit)).map(parse),
    previous: (run) => {
      const body = before.get(run.experiment, numberOf(run.id));
      return body === undefined ? null : parse(body);
    },
    withStatus: (statuses) => statuses.flatMap((status) => byStatus.all(status).map(parse)),
    ofData: (version) => ofData.all(version).map((number) => RunId.parse(`r${number}`)),
    recall: (stage, key) => {
      const gives = recalled.get(stage, key);
      return gives === undefined ? undefined : (JSON.parse(gives) as object);
    },
    keep: (stage, key, run, gives) => void keep.run(stage, key, numberOf(run), JSON.stringify(gives)),
  };
};
