import { z } from 'zod';
import { DriftVerdict } from '../contract/watch.ts';
import type { Alarm } from '../statistics/alarm.ts';
import type { WindowStore } from '../store/windows.ts';
import type { ReferenceFeature } from './reference.ts';
import { emptySketch, type Measurement, type Sketch } from './window.ts';

/** What is known of one watched feature. */
export interface FeatureState {
  readonly feature: ReferenceFeature;
  /** Of the window that is filling. */
  sketch: Sketch;
  alarm: Alarm;
  since: number | null;
  readonly trend: { at: number; score: number }[];
  /** The newest closed window. */
  closed: { readonly sketch: Sketch; readonly measurement: Measurement | null } | null;
}

export interface OpenWindow {
  readonly openedAt: number;
  readonly rows: number;
}

export interface ShownWindow extends OpenWindow {
  readonly closedAt: number;
}

export interface Total {
  readonly rows: number;
  readonly windows: number;
}

/** What a watch was when it was kept last. */
export interface Recalled {
  readonly total: Total;
  readonly newest: ShownWindow | null;
  readonly open: OpenWindow | null;
}

/** Writes closed windows and the open one, and reads them back into the states of the features. */
export interface WatchMemory {
  readonly recall: (states: readonly FeatureState[]) => Recalled;
  readonly keepClosed: (window: ShownWindow, total: Total, states: readonly FeatureState[]) => void;
  readonly keepOpen: (window: OpenWindow, states: readonly FeatureState[]) => void;
}

const KEPT_WINDOWS = 100;

const StoredFeature = z.object({
  psi: z.number().nullable(),
  verdict: DriftVerdict,
  alarm: z.object({ raised: z.boolean(), streak: z.number() }),
  since: z.number().nullable(),
  sketch: z.unknown(),
});
type StoredFeature = z.infer<typeof StoredFeature>;
/** Enough of a closed window to draw the trend and the two histograms, and to go on with the alarms. */
const StoredClosed = z.object({
  total: z.object({ rows: z.number(), windows: z.number() }),
  features: z.record(z.string(), StoredFeature),
});
const StoredOpen = z.object({ openedAt: z.number(), rows: z.number(), sketches: z.record(z.string(), z.unknown()) });

/** Kind and name: a column may be called like a prediction. */
export const keyOf = ({ kind, feature }: Pick<ReferenceFeature, 'kind' | 'feature'>): string => `${kind} ${feature}`;

export const freshState = (feature: ReferenceFeature): FeatureState => ({
  feature,
  sketch: emptySketch(feature),
  alarm: { raised: false, streak: 0 },
  since: null,
  trend: [],
  closed: null,
});

export const addToTrend = ({ trend }: FeatureState, at: number, score: number | null): void => {
  if (score === null) return;
  trend.push({ at, score });
  if (trend.length > KEPT_WINDOWS) trend.shift();
};

export const createWatchMemory = (windows: WindowStore, endpoint: string, version: number): WatchMemory => ({
  recall: (states) => {
    let total: Total = { rows: 0, windows: 0 };
    let newest: ShownWindow | null = null;
    for (const { openedAt, closedAt, rows, body } of windows.newest(endpoint, version, KEPT_WINDOWS)) {
      const stored = StoredClosed.parse(body);
      for (const state of states) recallFeature(state, stored.features[keyOf(state.feature)], closedAt);
      total = stored.total;
      newest = { openedAt, closedAt, rows };
    }
    return { total, newest, open: recallOpen(windows.findOpen(endpoint, version), states) };
  },
  keepClosed: (window, total, states) => {
    const features = Object.fromEntries(states.map((state) => [keyOf(state.feature), toStored(state)]));
    windows.add(endpoint, version, { ...window, body: { total, features } }, KEPT_WINDOWS);
  },
  keepOpen: (window, states) => {
    const sketches = Object.fromEntries(states.map(({ feature, sketch }) => [keyOf(feature), sketch]));
    windows.saveOpen(endpoint, version, { ...window, sketches });
  },
});

const toStored = ({ alarm, since, closed }: FeatureState): StoredFeature => ({
  psi: closed?.measurement?.scores.psi ?? null,
  verdict: closed?.measurement?.verdict ?? 'cannot_tell',
  alarm,
  since,
  sketch: closed?.sketch,
});

const recallFeature = (state: FeatureState, stored: StoredFeature | undefined, closedAt: number): void => {
  if (stored === undefined) return;
  state.alarm = stored.alarm;
  state.since = stored.since;
  addToTrend(state, closedAt, stored.psi);
  if (fitsBins(stored.sketch, state.sketch)) state.closed = { sketch: stored.sketch, measurement: null };
};

const recallOpen = (body: unknown, states: readonly FeatureState[]): OpenWindow | null => {
  const open = StoredOpen.safeParse(body);
  if (!open.success) return null;
  const { openedAt, rows, sketches } = open.data;
  if (!states.every(({ feature, sketch }) => fitsBins(sketches[keyOf(feature)], sketch))) return null;
  for (const state of states) state.sketch = sketches[keyOf(state.feature)] as Sketch;
  return { openedAt, rows };
};

/** False for a window that was counted on the bins of another reference. */
const fitsBins = (stored: unknown, sketch: Sketch): stored is Sketch =>
  typeof stored === 'object' &&
  stored !== null &&
  'counts' in stored &&
  Array.isArray(stored.counts) &&
  stored.counts.length === sketch.counts.length;
