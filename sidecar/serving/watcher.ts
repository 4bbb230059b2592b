import type { Announcement } from '../contract/events.ts';
import type { DriftReport } from '../contract/watch.ts';
import type { WatchSettings } from '../store/endpoints.ts';
import type { WindowStore } from '../store/windows.ts';
import type { Codec } from './codec.ts';
import { driftReport, type ReportedFeature } from './drift-report.ts';
import { namesInWords } from './drift-words.ts';
import type { DriftFigure } from './metrics.ts';
import type { Outcome } from './outcomes.ts';
import type { Reference } from './reference.ts';
import type { LabelReceipt } from './route.ts';
import type { RowValues } from './row-values.ts';
import type { Served } from './served-model.ts';
import {
  addToTrend,
  createWatchMemory,
  freshState,
  keyOf,
  type FeatureState,
  type OpenWindow,
  type ShownWindow,
  type Total,
} from './watch-memory.ts';
import { inputValues, predictionValues, watchedInputs, watchedPredictions, type WatchedValue } from './watched.ts';
import { addToSketch, emptySketch, measureWindow, nextAlarm, type Measurement } from './window.ts';

/** The watch over one deployed version. Its memory is a few hundred numbers a feature, whatever the traffic. */
export interface Watcher {
  readonly version: number;
  readonly features: readonly string[];
  /** Counts one answered row. @param row as the model took it */
  readonly observe: (row: RowValues, outcome: Outcome) => void;
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

const KEEP_OPEN_EVERY_MS = 10_000;
const nothingRealized: LabelReceipt['realized'] = { rows: 0, accuracy: null, low: null, high: null };

/** Begins or resumes the watch over a version: closed windows, alarms and the open window are read from the store. */
export const createWatcher = (options: WatcherOptions): Watcher => {
  const { endpoint, served, settings, codec, clock, announce } = options;
  const memory = createWatchMemory(options.windows, endpoint, served.version);
  const states = options.reference.features
    .filter(
      ({ feature, kind }) => kind === 'prediction' || settings.columns === 'all' || settings.columns.includes(feature),
    )
    .map(freshState);
  const watched = [...watchedInputs(served.features), ...watchedPredictions(served.features)].map(keyOf);
  const places = states.map(({ feature }) => watched.indexOf(keyOf(feature)));
  const recalled = memory.recall(states);
  let total: Total = recalled.total;
  let newest: ShownWindow | null = recalled.newest;
  let open: OpenWindow = recalled.open ?? { openedAt: clock(), rows: 0 };
  let kept = { at: clock(), rows: open.rows };

  const measure = (which: 'open' | 'closed'): readonly Measurement[] =>
    measureWindow(
      states.map(({ feature }) => feature),
      states.map(({ feature, sketch, closed }) =>
        which === 'open' ? sketch : (closed?.sketch ?? emptySketch(feature)),
      ),
      settings,
    );
  for (const [at, measurement] of measure('closed').entries()) {
    const state = states[at];
    if (state?.closed != null) state.closed = { sketch: state.closed.sketch, measurement };
  }

  const keepOpen = (): void => {
    kept = { at: clock(), rows: open.rows };
    memory.keepOpen(open, states);
  };

  const closeWindow = (): void => {
    const closedAt = clock();
    const wasRaised = states.some(({ alarm }) => alarm.raised);
    const risen: string[] = [];
    for (const [at, measurement] of measure('open').entries()) {
      const state = states[at] as FeatureState;
      const alarm = nextAlarm(state.alarm, measurement, settings);
      if (alarm.raised && !state.alarm.raised) risen.push(state.feature.feature);
      state.since = alarm.raised ? (state.since ?? closedAt) : null;
      state.alarm = alarm;
      state.closed = { sketch: state.sketch, measurement };
      state.sketch = emptySketch(state.feature);
      addToTrend(state, closedAt, measurement.scores.psi);
    }
    total = { rows: total.rows + open.rows, windows: total.windows + 1 };
    newest = { ...open, closedAt };
    open = { openedAt: closedAt, rows: 0 };
    memory.keepClosed(newest, total, states);
    keepOpen();
    tell(risen, wasRaised);
  };

  const tell = (risen: readonly string[], wasRaised: boolean): void => {
    const { alarm, windowRows, summary, features } = report(nothingRealized);
    options.onMeasured?.(states.map(toFigure));
    announce({ type: 'driftMeasured', endpoint, alarm, rows: windowRows, summary });
    if (risen.length > 0) {
      const worst = features.find(({ feature }) => risen.includes(feature))?.sentence ?? '';
      const sentence = `${endpoint}: live traffic differs from the reference in ${namesInWords(risen)}. ${worst}`;
      announce({ type: 'driftAlarmRaised', endpoint, features: [...risen], sentence });
    } else if (wasRaised && !alarm) {
      const sentence = `${endpoint}: live traffic is like the reference again.`;
      announce({ type: 'driftAlarmCleared', endpoint, sentence });
    }
  };

  const report = (realized: LabelReceipt['realized']): DriftReport =>
    driftReport({
      endpoint,
      version: served.version,
      total: { rows: total.rows + open.rows, windows: total.windows },
      // Before the first window closes, the one that is filling is shown.
      shown: newest ?? { ...open, closedAt: clock() },
      isClosed: newest !== null,
      windowRows: settings.windowRows,
      consecutive: settings.consecutive,
      features: newest === null ? filling() : closed(),
      realized: { ...realized, atDeployment: options.reference.accuracy },
    });
  const filling = (): readonly ReportedFeature[] =>
    measure('open').map((measurement, at) => ({ ...(states[at] as FeatureState), measurement }));
  const closed = (): readonly ReportedFeature[] =>
    states.flatMap((state) =>
      state.closed?.measurement == null
        ? []
        : [{ ...state, sketch: state.closed.sketch, measurement: state.closed.measurement }],
    );

  return {
    version: served.version,
    features: states.map(({ feature }) => feature.feature),
    observe: (row, outcome) => {
      const values: readonly WatchedValue[] = [
        ...inputValues(row, served.features, codec),
        ...predictionValues(outcome, served.features),
      ];
      for (const [at, state] of states.entries()) {
        addToSketch(state.sketch, state.feature, values[places[at] ?? -1] ?? null);
      }
      open = { ...open, rows: open.rows + 1 };
      if (open.rows >= settings.windowRows) closeWindow();
    },
    tick: () => {
      const now = clock();
      // Without traffic there is nothing to say: the time of a window begins with its first row.
      if (open.rows === 0) open = { openedAt: now, rows: 0 };
      else if (now - open.openedAt >= settings.windowMs) closeWindow();
      else if (open.rows !== kept.rows && now - kept.at >= KEEP_OPEN_EVERY_MS) keepOpen();
    },
    keep: keepOpen,
    report,
  };
};

const toFigure = ({ feature, alarm, closed }: FeatureState): DriftFigure => {
  const scores = closed?.measurement?.scores;
  return {
    column: feature.feature,
    drifting: alarm.raised,
    scores: {
      psi: scores?.psi ?? null,
      jensen_shannon: scores?.jensenShannon ?? null,
      ks: scores?.ks?.statistic ?? null,
    },
  };
};
