import type { DriftReport, FeatureDrift } from '../contract/watch.ts';
import type { Alarm } from '../statistics/alarm.ts';
import { driftAdvice, driftSentence, namesInWords, type Said } from './drift-words.ts';
import type { ReferenceFeature } from './reference.ts';
import type { Measurement, Sketch } from './window.ts';

export interface ReportedFeature {
  readonly feature: ReferenceFeature;
  readonly sketch: Sketch;
  readonly measurement: Measurement;
  readonly alarm: Alarm;
  readonly since: number | null;
  readonly trend: readonly { readonly at: number; readonly score: number }[];
}

export interface ReportMaterial {
  readonly endpoint: string;
  readonly version: number;
  readonly total: { readonly rows: number; readonly windows: number };
  readonly shown: { readonly openedAt: number; readonly closedAt: number; readonly rows: number };
  /** False while the window shown is the first one and still filling. */
  readonly isClosed: boolean;
  readonly windowRows: number;
  readonly consecutive: number;
  readonly features: readonly ReportedFeature[];
  readonly realized: DriftReport['realized'];
}

/** The state of a watch as the contract tells it: figures, histograms, and what they mean. */
export const driftReport = (material: ReportMaterial): DriftReport => {
  const { endpoint, version, total, shown, isClosed } = material;
  const features = material.features
    .map((feature) => reportFeature(feature, material))
    .sort((a, b) => (b.score ?? -1) - (a.score ?? -1));
  const hasRows = shown.rows > 0;
  return {
    endpoint,
    version,
    rows: total.rows,
    windows: total.windows,
    windowRows: shown.rows,
    from: hasRows ? shown.openedAt : null,
    to: hasRows ? shown.closedAt : null,
    alarm: features.some(({ since }) => since !== null),
    summary:
      isClosed || features.length === 0
        ? summary(features, shown.rows)
        : `No window has closed yet: ${shown.rows} of ${material.windowRows} rows.`,
    features,
    realized: material.realized,
  };
};

const reportFeature = (
  { feature, sketch, measurement, alarm, since, trend }: ReportedFeature,
  { shown, isClosed, consecutive }: ReportMaterial,
): FeatureDrift => {
  const shownMeasurement: Measurement = isClosed ? measurement : { ...measurement, verdict: 'cannot_tell' };
  const said: Said = { feature, sketch, measurement: shownMeasurement, alarm, rows: shown.rows, consecutive };
  return {
    feature: feature.feature,
    kind: feature.kind,
    type: feature.type,
    verdict: shownMeasurement.verdict,
    sentence: driftSentence(said),
    advice: driftAdvice(said),
    score: isClosed ? measurement.scores.psi : null,
    threshold: measurement.threshold,
    scores: measurement.scores,
    trend: [...trend],
    bins: [...measurement.bins],
    reference: [...measurement.reference],
    current: [...measurement.current],
    since,
  };
};

const summary = (features: readonly FeatureDrift[], rows: number): string => {
  if (features.length === 0)
    return 'Nothing is watched: this version was not deployed by a run, so it has no reference.';
  const raised = features.filter(({ since }) => since !== null).map(({ feature }) => feature);
  const drifting = features.filter(({ verdict }) => verdict === 'drifting').map(({ feature }) => feature);
  const undecided = features.filter(({ verdict }) => verdict === 'cannot_tell').length;
  if (raised.length > 0)
    return `Live traffic differs from the reference in ${namesInWords(raised)}, of ${features.length} features.`;
  if (drifting.length > 0) return `The newest window differs in ${namesInWords(drifting)}; no alarm yet.`;
  if (undecided === features.length) return `${rows} rows are too few to tell.`;
  const rest = undecided === 0 ? '' : `; ${undecided} cannot be told from so few rows`;
  return `${features.length - undecided} of ${features.length} features are like the reference over ${rows} rows${rest}.`;
};
