import type { Alarm } from '../statistics/alarm.ts';
import { variance, type Moments } from '../statistics/moments.ts';
import type { NumericSketch } from '../statistics/numeric-profile.ts';
import type { ReferenceFeature } from './reference.ts';
import type { Measurement, Sketch } from './window.ts';

/** What is said of one feature and its newest window. */
export interface Said {
  readonly feature: ReferenceFeature;
  readonly sketch: Sketch;
  readonly measurement: Measurement;
  readonly alarm: Alarm;
  readonly rows: number;
  readonly consecutive: number;
}

/** What happened to a feature, in words, with the figures that decided. */
export const driftSentence = (said: Said): string => {
  const { feature, measurement, alarm, rows, consecutive } = said;
  const name = `“${feature.feature}”`;
  const figures = `PSI ${figure(measurement.scores.psi)}, limit ${figure(measurement.threshold)}, ${rows} rows`;
  if (measurement.verdict === 'cannot_tell') {
    const needed = Number.isFinite(measurement.rowsNeeded)
      ? `about ${measurement.rowsNeeded} are needed`
      : 'more are needed';
    return `${rows} rows are too few to tell whether ${name} has changed; ${needed}.`;
  }
  if (measurement.verdict === 'stable') {
    return alarm.raised
      ? `${name} is close to the reference again (${figures}); the alarm falls after ${consecutive} such windows in a row.`
      : `${name} is like the reference (${figures}).`;
  }
  const pending = alarm.raised ? '' : `; the alarm rises after ${consecutive} such windows in a row`;
  return `${name} has changed: ${change(said)} (${figures})${pending}.`;
};

const change = ({ feature, sketch, measurement }: Said): string => {
  const missing = shift(measurement, 'missing');
  if (missing !== null && missing.now - missing.before > 0.1) {
    return `values are missing in ${percent(missing.now)} of the rows, ${percent(missing.before)} in the reference`;
  }
  if (feature.profile.type === 'number') {
    return momentsChange(feature.profile.reference.moments, (sketch as NumericSketch).moments);
  }
  const { label, now, before } = largestShift(measurement);
  return `${label === 'other' ? 'values unknown to the reference make' : `“${label}” makes`} ${percent(now)} of the rows, ${percent(before)} in the reference`;
};

const momentsChange = (before: Moments, now: Moments): string => {
  const spread = Math.sqrt(variance(before));
  const moved = Math.abs(now.mean - before.mean) >= spread / 10;
  return moved
    ? `its mean went from ${figure(before.mean)} to ${figure(now.mean)}, where the reference varies by ${figure(spread)}`
    : `its mean stayed near ${figure(before.mean)} and its spread went from ${figure(spread)} to ${figure(Math.sqrt(variance(now)))}`;
};

interface Shift {
  readonly label: string;
  readonly before: number;
  readonly now: number;
}

const shifts = ({ bins, reference, current }: Measurement): readonly Shift[] =>
  bins.map((label, at) => ({ label, before: reference[at] ?? 0, now: current[at] ?? 0 }));

const shift = (measurement: Measurement, label: string): Shift | null =>
  shifts(measurement).find((one) => one.label === label) ?? null;

const largestShift = (measurement: Measurement): Shift =>
  shifts(measurement).reduce((largest, one) =>
    Math.abs(one.now - one.before) > Math.abs(largest.now - largest.before) ? one : largest,
  );

/** What to do about a feature that drifts; null while there is nothing to do. */
export const driftAdvice = ({ feature, measurement, alarm }: Said): string | null => {
  if (measurement.verdict !== 'drifting' && !alarm.raised) return null;
  if (feature.kind === 'prediction') {
    return (
      'The answers differ from those on held-out rows. Look first at the inputs that changed; ' +
      'post labels to see whether accuracy fell, and roll back if an older version holds up better.'
    );
  }
  const pictures = new Set(['brightness', 'contrast', 'sharpness']);
  return pictures.has(feature.feature)
    ? 'Look at the newest pictures: light, camera or preprocessing may have changed. If the change is there to stay, add such pictures to the data and train again.'
    : `Check where “${feature.feature}” comes from: its unit, its source, its missing values. If the change is real, version new data and train again.`;
};

const figure = (value: number | null): string => (value === null ? 'unknown' : String(Number(value.toPrecision(3))));
const percent = (share: number): string => `${Number((share * 100).toPrecision(share < 0.1 ? 2 : 3))} %`;

/** The names of a few features in a sentence. */
export const namesInWords = (names: readonly string[]): string => {
  const quoted = names.map((name) => `“${name}”`);
  if (quoted.length <= 3) return quoted.join(quoted.length === 2 ? ' and ' : ', ');
  return `${quoted.slice(0, 2).join(', ')} and ${quoted.length - 2} more`;
};
