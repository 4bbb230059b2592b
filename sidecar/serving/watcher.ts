import { z } from 'zod';
import type { Announcement } from '../contract/events.ts';
import { DriftVerdict, type DriftReport } from '../contract/watch.ts';
import type { Alarm } from '../statistics/alarm.ts';
import type { WatchSettings } from '../store/endpoints.ts';
import type { WindowStore } from '../store/windows.ts';
import type { Codec } from './codec.ts';
import { driftReport, type ReportedFeature } from './drift-report.ts';
import { namesInWords } from './drift-words.ts';
import type { DriftFigure } from './metrics.ts';
import type { Outcome } from './outcomes.ts';
import type { Reference, ReferenceFeature } from './reference.ts';
import type { LabelReceipt } from './route.ts';
import type { Served } from './served-model.ts';
import { inputValues, predictionValues, watchedInputs, watchedPredictions, type WatchedValue } from './watched.ts';
import { addToSketch, emptySketch, measureWindow, nextAlarm, type Measurement, type Sketch } from './window.ts';

/** The watch over one deployed version. Its memory is a few hundred numbers a feature, whatever the traffic. */
export interface Watcher {
  readonly version: number;
  readonly features: readonly string[];
  /** Counts one answered row. @param row as the model took it */
  readonly observe: (row: Float32Array, outcome: Outcome) => void;
  /** Closes the window if its time is over; keeps the open one if it has changed. To be called every few seconds. */
  readonly tick: () => void;
  /** Keeps the open window, for the next watch over this version. */
  readonly keep: () => void;
  readonly report: (realized: LabelReceipt['realized']) => DriftReport;
}

export interface WatcherOptions {
  readonly endpoint: string;
  readonly served: Pick<Served, 'version' | 'features'>;
  readonly reference: Reference;
  readonly settings: WatchSettings;
  readonly codec: Codec;
  readonly windows: WindowStore;
  readonly clock: () => number;
  readonly announce: (announcement: Announcement) => void;
  readonly onMeasured?: (figures: readonly DriftFigure[]) => void;
}

const KEPT_WINDOWS = 100;
const KEEP_OPEN_EVERY_MS = 10_000;

const StoredAlarm = z.object({ raised: z.boolean(), streak: z.number() });
/** What is kept of a closed window: enough to draw the trend and the two histograms, and to go on with the alarms. */
const ClosedWindow = z.object({
  total: z.object({ rows: z.number(), windows: z.number() }),
  features: z.record(
    z.string(),
    z.object({
      psi: z.number().nullable(),
      verdict: DriftVerdict,
      alarm: StoredAlarm,
      since: z.number().nullable(),
      sketch: z.unknown(),
    }),
  ),
});
type ClosedWindow = z.infer<typeof ClosedWindow>;
const OpenWindow = z.object({ openedAt: z.number(), rows: z.number(), sketches: z.record(z.string(), z.unknown()) });

/** What is known of one feature, besides the window that is filling. */
interface FeatureState {
  sketch: Sketch;
  alarm: Alarm;
  since: number | null;
  readonly trend: { at: number; score: number }[];
  /** Of the newest closed window. */
  closed: { readonly sketch: Sketch; readonly measurement: Measurement } | null;
}

const keyOf = ({ kind, feature }: Pick<ReferenceFeature, 'kind' | 'feature'>): string => `${kind} ${feature}`;

/** Begins or resumes the watch over a version: closed windows, alarms and the open window are read from the store. */
export const createWatcher = (options: WatcherOptions): Watcher => {
  const { endpoint, served, settings, codec, windows, clock, announce } = options;
  const features = options.reference.features.filter(
    ({ feature, kind }) => settings.columns === 'all' || kind === 'prediction' || settings.columns.includes(feature),
  );
  const watched = [...watchedInputs(served.features), ...watchedPredictions(served.features)];
  const places = features.map((feature) => watched.findIndex((one) => keyOf(one) === keyOf(feature)));
  const states = features.map((feature): FeatureState => ({
    sketch: emptySketch(feature),
    alarm: { raised: false, streak: 0 },
    since: null,
    trend: [],
    closed: null,
  }));
  let total = { rows: 0, windows: 0 };
  let newest: { readonly openedAt: number; readonly closedAt: number; readonly rows: number } | null = null;
  let openedAt = clock();
  let rows = 0;
  let keptAt = clock();
  let keptRows = 0;

  const measure = (sketches: readonly Sketch[]) => measureWindow(features, sketches, settings);

  const resume = (): void => {
    const stored = windows.newest(endpoint, served.version, KEPT_WINDOWS);
    for (const window of stored) {
      const body = ClosedWindow.parse(window.body);
      for (const [at, feature] of features.entries())
        resumeFeature(states[at], body.features[keyOf(feature)], window.closedAt);
      total = body.total;
      newest = window;
    }
    const last = states.map((state, at) => state.closed?.sketch ?? emptySketch(features[at] as ReferenceFeature));
    for (const [at, measurement] of measure(last).entries()) {
      const state = states[at];
      if (state?.closed != null) state.closed = { sketch: state.closed.sketch, measurement };
    }
    const open = OpenWindow.safeParse(windows.findOpen(endpoint, served.version));
    if (!open.success) return;
    const sketches = features.map((feature) => open.data.sketches[keyOf(feature)]);
    if (!states.every(({ sketch }, at) => fitsBins(sketches[at], sketch))) return;
    ({ openedAt, rows } = open.data);
    for (const [at, state] of states.entries()) state.sketch = sketches[at] as Sketch;
  };

  const beginWindow = (): void => {
    for (const [at, state] of states.entries()) state.sketch = emptySketch(features[at] as ReferenceFeature);
    openedAt = clock();
    rows = 0;
    keepOpen();
  };

  const keepOpen = (): void => {
    keptAt = clock();
    keptRows = rows;
    const sketches = Object.fromEntries(features.map((feature, at) => [keyOf(feature), states[at]?.sketch]));
    windows.saveOpen(endpoint, served.version, { openedAt, rows, sketches });
  };

  const closeWindow = (): void => {
    const closedAt = clock();
    const raisedBefore = states.filter(({ alarm }) => alarm.raised).length;
    const risen: string[] = [];
    for (const [at, measurement] of measure(states.map(({ sketch }) => sketch)).entries()) {
      const state = states[at] as FeatureState;
      const alarm = nextAlarm(state.alarm, measurement, settings);
      if (alarm.raised && !state.alarm.raised) risen.push((features[at] as ReferenceFeature).feature);
      state.since = alarm.raised ? (state.since ?? closedAt) : null;
      state.alarm = alarm;
      state.closed = { sketch: state.sketch, measurement };
      addToTrend(state, closedAt, measurement.scores.psi);
    }
    total = { rows: total.rows + rows, windows: total.windows + 1 };
    newest = { openedAt, closedAt, rows };
    windows.add(endpoint, served.version, { ...newest, body: closedBody(total, features, states) }, KEPT_WINDOWS);
    beginWindow();
    tell(risen, raisedBefore);
  };

  const tell = (risen: readonly string[], raisedBefore: number): void => {
    const report = reportNow({ rows: 0, accuracy: null, low: null, high: null });
    options.onMeasured?.(states.map((state, at) => toFigure(features[at] as ReferenceFeature, state)));
    announce({
      type: 'driftMeasured',
      endpoint,
      alarm: report.alarm,
      rows: report.windowRows,
      summary: report.summary,
    });
    if (risen.length > 0) {
      const worst = report.features.find(({ feature }) => risen.includes(feature));
      const sentence = `${endpoint}: live traffic differs from the reference in ${namesInWords(risen)}. ${worst?.sentence ?? ''}`;
      announce({ type: 'driftAlarmRaised', endpoint, features: [...risen], sentence });
    } else if (raisedBefore > 0 && !report.alarm) {
      const sentence = `${endpoint}: live traffic is like the reference again.`;
      announce({ type: 'driftAlarmCleared', endpoint, sentence });
    }
  };

  const reportNow = (realized: LabelReceipt['realized']): DriftReport =>
    driftReport({
      endpoint,
      version: served.version,
      total: { rows: total.rows + rows, windows: total.windows },
      // Before the first window closes, the one that is filling is shown.
      shown: newest ?? { openedAt, closedAt: clock(), rows },
      isClosed: newest !== null,
      windowRows: settings.windowRows,
      consecutive: settings.consecutive,
      features: reported(),
      realized: { ...realized, atDeployment: options.reference.accuracy },
    });

  const reported = (): readonly ReportedFeature[] => {
    const filling = newest === null ? measure(states.map(({ sketch }) => sketch)) : [];
    return states.flatMap((state, at) => {
      const feature = features[at] as ReferenceFeature;
      const shown =
        state.closed ?? (filling[at] === undefined ? null : { sketch: state.sketch, measurement: filling[at] });
      return shown === null ? [] : [{ feature, ...shown, alarm: state.alarm, since: state.since, trend: state.trend }];
    });
  };

  resume();
  return {
    version: served.version,
    features: features.map(({ feature }) => feature),
    observe: (row, outcome) => {
      const values: readonly WatchedValue[] = [
        ...inputValues(row, served.features, codec),
        ...predictionValues(outcome, served.features),
      ];
      for (const [at, place] of places.entries()) {
        addToSketch((states[at] as FeatureState).sketch, features[at] as ReferenceFeature, values[place] ?? null);
      }
      rows += 1;
      if (rows >= settings.windowRows) closeWindow();
    },
    tick: () => {
      const now = clock();
      // Without traffic there is nothing to say: the time of a window begins with its first row.
      if (rows === 0) openedAt = now;
      else if (now - openedAt >= settings.windowMs) closeWindow();
      else if (rows !== keptRows && now - keptAt >= KEEP_OPEN_EVERY_MS) keepOpen();
    },
    keep: keepOpen,
    report: reportNow,
  };
};

const addToTrend = (state: FeatureState, at: number, score: number | null): void => {
  if (score === null) return;
  state.trend.push({ at, score });
  if (state.trend.length > KEPT_WINDOWS) state.trend.shift();
};

const resumeFeature = (
  state: FeatureState | undefined,
  stored: ClosedWindow['features'][string] | undefined,
  closedAt: number,
): void => {
  if (state === undefined || stored === undefined) return;
  state.alarm = stored.alarm;
  state.since = stored.since;
  addToTrend(state, closedAt, stored.psi);
  if (!fitsBins(stored.sketch, state.sketch)) return;
  state.closed = { sketch: stored.sketch, measurement: unmeasured };
};

/** False for a window that was counted on the bins of another reference. */
const fitsBins = (stored: unknown, sketch: Sketch): stored is Sketch =>
  typeof stored === 'object' &&
  stored !== null &&
  'counts' in stored &&
  Array.isArray(stored.counts) &&
  stored.counts.length === sketch.counts.length;

/** Stands until the newest window has been compared again, at the end of resuming. */
const unmeasured: Measurement = {
  scores: { psi: null, jensenShannon: null, ks: null, chiSquare: null },
  verdict: 'cannot_tell',
  threshold: 0,
  rowsNeeded: 0,
  bins: [],
  reference: [],
  current: [],
};

const closedBody = (
  total: ClosedWindow['total'],
  features: readonly ReferenceFeature[],
  states: readonly FeatureState[],
): ClosedWindow => ({
  total,
  features: Object.fromEntries(
    features.map((feature, at) => {
      const { alarm, since, closed } = states[at] as FeatureState;
      const { scores, verdict } = closed?.measurement ?? unmeasured;
      return [keyOf(feature), { psi: scores.psi, verdict, alarm, since, sketch: closed?.sketch }];
    }),
  ),
});

const toFigure = ({ feature }: ReferenceFeature, { alarm, closed }: FeatureState): DriftFigure => ({
  column: feature,
  drifting: alarm.raised,
  scores: {
    psi: closed?.measurement.scores.psi ?? null,
    jensen_shannon: closed?.measurement.scores.jensenShannon ?? null,
    ks: closed?.measurement.scores.ks?.statistic ?? null,
  },
});
