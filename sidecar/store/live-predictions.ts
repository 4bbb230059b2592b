import type { Database } from './database.ts';

/** A prediction that a label may still be posted for. */
export interface LivePrediction {
  readonly id: string;
  readonly version: number;
  readonly at: number;
  /** Class name, or the number as text. */
  readonly predicted: string;
  readonly confidence: number | null;
}

/** What is known of the predictions of a version whose labels arrived. */
export interface LabelledCount {
  readonly rows: number;
  readonly right: number;
}

export interface LivePredictionStore {
  readonly add: (endpoint: string, predictions: readonly LivePrediction[]) => void;
  /** Sets labels. @returns the ids that no prediction has any more, or never had */
  readonly label: (
    endpoint: string,
    labels: readonly { readonly id: string; readonly label: string }[],
    at: number,
  ) => readonly string[];
  readonly countLabelled: (endpoint: string, version: number) => LabelledCount;
  /** Removes the oldest, so that `kept` remain. */
  readonly prune: (endpoint: string, kept: number) => void;
  readonly count: (endpoint: string) => number;
}

export const createLivePredictionStore = (database: Database): LivePredictionStore => {
  const insert = database.prepare<[string, string, number, number, string, number | null]>(
    `insert into live_predictions (endpoint, id, version, at, predicted, confidence) values (?, ?, ?, ?, ?, ?)
       on conflict (endpoint, id) do update set version = excluded.version, at = excluded.at,
         predicted = excluded.predicted, confidence = excluded.confidence, label = null, labelled_at = null`,
  );
  const update = database.prepare<[string, number, string, string]>(
    'update live_predictions set label = ?, labelled_at = ? where endpoint = ? and id = ?',
  );
  const counted = database.prepare<[string, number], LabelledCount>(
    `select count(*) as rows, coalesce(sum(predicted = label), 0) as right
       from live_predictions where endpoint = ? and version = ? and label is not null`,
  );
  const total = database.prepare<[string], { rows: number }>(
    'select count(*) as rows from live_predictions where endpoint = ?',
  );
  const remove = database.prepare<[string, string, number]>(
    `delete from live_predictions where endpoint = ? and at <=
       (select at from live_predictions where endpoint = ? order by at desc limit 1 offset ?)`,
  );
  return {
    add: database.transaction((endpoint: string, predictions: readonly LivePrediction[]) => {
      for (const { id, version, at, predicted, confidence } of predictions) {
        insert.run(endpoint, id, version, at, predicted, confidence);
      }
    }),
    label: database.transaction(
      (endpoint: string, labels: readonly { readonly id: string; readonly label: string }[], at: number) =>
        labels.filter(({ id, label }) => update.run(label, at, endpoint, id).changes === 0).map(({ id }) => id),
    ),
    countLabelled: (endpoint, version) => counted.get(endpoint, version) ?? { rows: 0, right: 0 },
    prune: (endpoint, kept) => void remove.run(endpoint, endpoint, kept),
    count: (endpoint) => total.get(endpoint)?.rows ?? 0,
  };
};
