import type { Task } from '../contract/features.ts';
import { wilsonInterval } from '../statistics/proportion.ts';
import type { LivePrediction, LivePredictionStore } from '../store/live-predictions.ts';
import type { LabelReceipt, PostedLabel } from './route.ts';

/** Whose predictions are judged. */
export interface Judged {
  readonly version: number;
  readonly task: Task;
}

/** Remembers the newest predictions, so that their labels can be posted later. */
export interface Recorder {
  /** Never waits and never grows: what does not fit until the next write is left out. */
  readonly add: (prediction: LivePrediction) => void;
  readonly label: (labels: readonly PostedLabel[], judged: Judged) => LabelReceipt;
  readonly realized: (judged: Judged) => LabelReceipt['realized'];
  /** Writes what waits. To be called every second or so. */
  readonly flush: () => void;
}

const KEPT_ROWS = 100_000;
/** Removing is done in lots, so that not every write pays for it. */
const SPARE_ROWS = 5_000;
const WAITING_ROWS = 5_000;

export interface RecorderOptions {
  readonly endpoint: string;
  readonly store: LivePredictionStore;
  readonly clock: () => number;
  readonly keptRows?: number;
}

export const createRecorder = ({ endpoint, store, clock, keptRows = KEPT_ROWS }: RecorderOptions): Recorder => {
  let waiting: LivePrediction[] = [];
  let stored = store.count(endpoint);

  const flush = (): void => {
    if (waiting.length === 0) return;
    store.add(endpoint, waiting);
    stored += waiting.length;
    waiting = [];
    if (stored <= keptRows + SPARE_ROWS) return;
    store.prune(endpoint, keptRows);
    stored = store.count(endpoint);
  };
  const realized = ({ version, task }: Judged): LabelReceipt['realized'] => {
    const { rows, right } = store.countLabelled(endpoint, version);
    // A predicted number is hardly ever equal to the true one, so accuracy says nothing of it.
    if (rows === 0 || task === 'regression') return { rows, accuracy: null, low: null, high: null };
    return { rows, accuracy: right / rows, ...wilsonInterval(right, rows) };
  };
  return {
    add: (prediction) => {
      if (waiting.length < WAITING_ROWS) waiting.push(prediction);
    },
    label: (labels, judged) => {
      flush();
      const texts = labels.map(({ id, label }) => ({ id, label: String(label) }));
      const unknown = store.label(endpoint, texts, clock());
      return { accepted: labels.length - unknown.length, unknown, realized: realized(judged) };
    },
    realized,
    flush,
  };
};
