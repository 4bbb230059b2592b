import type { DriftScores, DriftVerdict } from '../contract/watch.ts';
import { quietAlarm, stepAlarm, type Alarm } from '../statistics/alarm.ts';
import {
  addToCategoryWindow,
  openCategoryWindow,
  type CategoryProfile,
  type CategorySketch,
} from '../statistics/category-profile.ts';
import { compareCategorical, compareNumeric, type Drift } from '../statistics/drift.ts';
import { judgeDrift } from '../statistics/drift-verdict.ts';
import { benjaminiHochberg } from '../statistics/multiple-testing.ts';
import {
  addToNumericWindow,
  openNumericWindow,
  type NumericProfile,
  type NumericSketch,
} from '../statistics/numeric-profile.ts';
import type { WatchSettings } from '../store/endpoints.ts';
import type { ReferenceFeature } from './reference.ts';
import type { WatchedValue } from './watched.ts';

export type Sketch = NumericSketch | CategorySketch;

/** What one window says of one feature. */
export interface Measurement {
  readonly scores: DriftScores;
  readonly verdict: DriftVerdict;
  readonly threshold: number;
  /** Rows that a window must hold to be told apart from chance. */
  readonly rowsNeeded: number;
  readonly bins: readonly string[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

/** Chance of calling one stable feature different that is accepted in a window. */
const SIGNIFICANT = 0.05;

export const emptySketch = ({ profile }: ReferenceFeature): Sketch =>
  profile.type === 'number' ? openNumericWindow(profile) : openCategoryWindow(profile);

/** Counts one value, in memory that does not depend on how many came before. */
export const addToSketch = (sketch: Sketch, { profile }: ReferenceFeature, value: WatchedValue): void => {
  if (profile.type === 'number') {
    addToNumericWindow(sketch as NumericSketch, profile, typeof value === 'number' ? value : Number.NaN);
  } else {
    addToCategoryWindow(sketch, profile, value === null ? null : String(value));
  }
};

/**
 * Compares a window with the reference. A feature drifts when its PSI passes the threshold *and* a test
 * (Kolmogorov–Smirnov, chi-square for categories, or that of the PSI itself) is significant after correction for
 * the number of features: the first says that the change matters, the second that it is not chance.
 * @param sketches one a feature, in their order
 */
export const measureWindow = (
  features: readonly ReferenceFeature[],
  sketches: readonly Sketch[],
  settings: Pick<WatchSettings, 'threshold' | 'correction'>,
): readonly Measurement[] => {
  const compared = features.map((feature, at) => {
    const { drift, scores, p } = compare(feature.profile, sketches[at]);
    const threshold = settings.threshold === 'auto' ? feature.threshold : settings.threshold;
    const judged = judgeDrift({ ...drift, threshold });
    // The test does not see missing values, which are a cell of the PSI; either may be the one that speaks.
    return { drift, scores, threshold, judged, p: Number.isNaN(p) ? judged.p : Math.min(p, judged.p) };
  });
  const pValues = compared.map(({ p }) => p);
  const adjusted = settings.correction === 'bh' ? benjaminiHochberg(pValues) : pValues;
  return compared.map(({ drift, scores, threshold, judged }, at): Measurement => {
    const isSignificant = (adjusted[at] ?? Number.NaN) <= SIGNIFICANT;
    return {
      scores,
      threshold,
      verdict: judged.verdict === 'drifting' && !isSignificant ? 'stable' : judged.verdict,
      rowsNeeded: judged.rowsNeeded,
      bins: drift.labels,
      reference: drift.reference.map(orZero),
      current: drift.current.map(orZero),
    };
  });
};

interface Compared {
  readonly drift: Drift;
  readonly scores: DriftScores;
  readonly p: number;
}

const compare = (profile: NumericProfile | CategoryProfile, sketch: Sketch | undefined): Compared => {
  if (profile.type === 'number') {
    const drift = compareNumeric(profile, sketch as NumericSketch);
    const ks = orNull(drift.ks.statistic) === null ? null : { statistic: drift.ks.statistic, p: drift.ks.p };
    return { drift, scores: { ...distances(drift), ks, chiSquare: null }, p: drift.ks.p };
  }
  const drift = compareCategorical(profile, sketch as CategorySketch);
  const chiSquare = orNull(drift.chiSquare.p) === null ? null : drift.chiSquare;
  return { drift, scores: { ...distances(drift), ks: null, chiSquare }, p: drift.chiSquare.p };
};

const distances = ({ psi, jensenShannon }: Drift) => ({ psi: orNull(psi), jensenShannon: orNull(jensenShannon) });
const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
const orZero = (value: number): number => orNull(value) ?? 0;

/** The alarm of a feature after one more window; windows that cannot tell leave it as it is. */
export const nextAlarm = (
  alarm: Alarm | undefined,
  { verdict, scores, threshold }: Measurement,
  { consecutive }: Pick<WatchSettings, 'consecutive'>,
): Alarm => {
  const psi = scores.psi ?? Number.NaN;
  // Above the threshold and yet no drift: chance. It must not count towards an alarm, nor as relief.
  const score = { cannot_tell: Number.NaN, drifting: psi, stable: Math.min(psi, threshold) }[verdict];
  return stepAlarm(alarm ?? quietAlarm, { score, threshold }, { windows: consecutive });
};
