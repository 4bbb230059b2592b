import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Figures for Prometheus. Labels are names of ours and versions, never anything that a caller sent. */
export interface Metrics {
  readonly contentType: string;
  readonly text: () => Promise<string>;
  /** A prediction request was answered. @param status HTTP status @param seconds from its first byte to its answer */
  readonly answered: (version: number, status: number, seconds: number) => void;
  /** Requests that are being answered now. */
  readonly inFlight: (now: number) => void;
  /** A batch ran. */
  readonly ran: (rows: number, ms: number) => void;
  /** Rows that were answered and not watched, since the watch was busy. */
  readonly unwatched: (rows: number) => void;
  readonly drift: (scores: readonly DriftFigure[]) => void;
  readonly realized: (accuracy: number | null) => void;
  /** Another version answers: the series of versions long gone are dropped. */
  readonly switched: (version: number) => void;
}

export interface DriftFigure {
  readonly column: string;
  readonly scores: Readonly<Record<'psi' | 'jensen_shannon' | 'ks', number | null>>;
  readonly drifting: boolean;
}

/** Prometheus' own defaults begin at 5 ms, far above what a small model takes. */
const SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_ROWS = [1, 2, 4, 8, 16, 32];
/** Versions whose series are kept; each has one series a status and bucket. */
const KEPT_VERSIONS = 4;

export interface MetricsOptions {
  readonly model: string;
  /** Rows that wait for the model now. */
  readonly queued: () => number;
}

export const createMetrics = (endpoint: string, { model, queued }: MetricsOptions): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ endpoint });
  const registers = [registry];
  const counted = ['model', 'version', 'arm', 'code'] as const;
  const duration = new Histogram({
    name: 'trainyard_request_duration_seconds',
    help: 'Time to answer a prediction request.',
    labelNames: counted,
    buckets: SECONDS,
    registers,
  });
  const total = new Counter({
    name: 'trainyard_requests_total',
    help: 'Prediction requests.',
    labelNames: counted,
    registers,
  });
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const inFlight = gauge('trainyard_requests_in_flight', 'Prediction requests that are being answered.');
  new Gauge({
    name: 'trainyard_queue_rows',
    help: 'Rows that wait for the model.',
    registers,
    collect() {
      this.set(queued());
    },
  });
  const score = gauge('trainyard_drift_score', 'Distance of the newest window from the reference.', [
    'column',
    'method',
  ]);
  const detected = gauge('trainyard_drift_detected', '1 while the alarm of a column is up.', ['column']);
  const realized = gauge('trainyard_realized_metric', 'Accuracy on rows whose labels have arrived.', ['metric']);
  const unwatched = new Counter({
    name: 'trainyard_unwatched_rows_total',
    help: 'Rows that were answered and left out of the watch, since it was busy.',
    registers,
  });
  const inference = new Histogram({
    name: 'trainyard_inference_seconds',
    help: 'Time of one run of the model.',
    buckets: SECONDS,
    registers,
  });
  const batch = new Histogram({
    name: 'trainyard_batch_size',
    help: 'Rows of one run.',
    buckets: BATCH_ROWS,
    registers,
  });

  type Series = { readonly answered: (seconds: number) => void; readonly remove: () => void };
  const versions = new Map<number, Map<number, Series>>();
  const seriesOf = (version: number, code: number): Series => {
    const codes = versions.get(version) ?? new Map<number, Series>();
    versions.set(version, codes);
    const known = codes.get(code);
    if (known !== undefined) return known;
    const labels = { model, version: String(version), arm: 'stable', code: String(code) };
    const [timer, counter] = [duration.labels(labels), total.labels(labels)];
    const series: Series = {
      answered: (seconds) => {
        timer.observe(seconds);
        counter.inc();
      },
      remove: () => {
        duration.remove(labels);
        total.remove(labels);
      },
    };
    codes.set(code, series);
    return series;
  };

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered: (version, status, seconds) => seriesOf(version, status).answered(seconds),
    inFlight: (now) => inFlight.set(now),
    ran: (rows, ms) => {
      batch.observe(rows);
      inference.observe(ms / 1000);
    },
    unwatched: (rows) => unwatched.inc(rows),
    drift: (figures) => {
      score.reset();
      detected.reset();
      for (const { column, scores, drifting } of figures) {
        detected.set({ column }, drifting ? 1 : 0);
        for (const [method, value] of Object.entries(scores)) if (value !== null) score.set({ column, method }, value);
      }
    },
    realized: (accuracy) => (accuracy === null ? realized.reset() : realized.set({ metric: 'accuracy' }, accuracy)),
    switched: (version) => {
      versions.set(version, take(versions, version) ?? new Map<number, Series>());
      for (const old of [...versions.keys()].slice(0, -KEPT_VERSIONS)) {
        for (const series of take(versions, old)?.values() ?? []) series.remove();
      }
    },
  };
};

const take = <Key, Value>(map: Map<Key, Value>, key: Key): Value | undefined => {
  const value = map.get(key);
  map.delete(key);
  return value;
};
