import type { ColumnShift } from '../../contract/data-difference.ts';
import { openCategoryWindow, type CategoryProfile } from '../../statistics/category-profile.ts';
import { totalVariation } from '../../statistics/distances.ts';
import { compareCategorical, compareNumeric, type Drift } from '../../statistics/drift.ts';
import { judgeDrift } from '../../statistics/drift-verdict.ts';
import { addToNumericWindow, openNumericWindow, profileNumeric } from '../../statistics/numeric-profile.ts';
import { quantile, sortFinite } from '../../statistics/quantile.ts';
import { wasserstein } from '../../statistics/wasserstein.ts';
import type { ColumnProfile } from './column-profile.ts';

/** Where the field begins to speak of a change (Siddiqi, 2006). */
const THRESHOLD = 0.1;
/** Categories with a cell of their own; all others share one. */
const MOST_CELLS = 50;
const MOST_NAMES = 20;

/**
 * How the spread of a column has shifted. Numbers are compared by bins of their old values, categories by themselves;
 * null where the column is neither: free text, or numbers on one side and words on the other.
 * @param asCategory take its values as categories even where they are numbers, as those of a target
 */
export const shiftOf = (
  column: string,
  from: ColumnProfile,
  to: ColumnProfile,
  asCategory: boolean,
): ColumnShift | null => {
  const numeric = [from, to].every(({ type }) => type === 'integer' || type === 'number' || type === 'empty');
  if (numeric && !asCategory) return numberShift(column, from, to);
  if (from.categories === null || to.categories === null) return null;
  return categoryShift(column, from, to);
};

const numberShift = (column: string, from: ColumnProfile, to: ColumnProfile): ColumnShift => {
  const profile = profileNumeric(from.sample);
  const window = openNumericWindow(profile);
  for (const value of to.sample) addToNumericWindow(window, profile, value);
  const { ks, ...drift } = compareNumeric(profile, window);
  const numbers = { from: summaryOf(from), to: summaryOf(to) };
  return {
    ...judged(drift),
    column,
    type: 'number',
    sentence: numberSentence(column, drift, numbers),
    p: known(ks.p),
    distance: known(wasserstein(from.sample, to.sample)),
    numbers,
    missing: { from: from.missing, to: to.missing },
    appeared: [],
    vanished: [],
  };
};

const categoryShift = (column: string, from: ColumnProfile, to: ColumnProfile): ColumnShift => {
  const [old, now] = [from.categories ?? new Map<string, number>(), to.categories ?? new Map<string, number>()];
  const profile: CategoryProfile = {
    type: 'category',
    categories: byFrequency(old).slice(0, MOST_CELLS),
    reference: { counts: [], missing: 0 },
  };
  const reference = countCells(profile, old, from.missing);
  const { chiSquare, ...drift } = compareCategorical({ ...profile, reference }, countCells(profile, now, to.missing));
  const appeared = byFrequency(now).filter((name) => !old.has(name));
  const vanished = byFrequency(old).filter((name) => !now.has(name));
  return {
    ...judged(drift),
    column,
    type: 'category',
    sentence: categorySentence(column, drift, appeared, vanished),
    p: known(chiSquare.p),
    distance: known(totalVariation(drift.reference, drift.current)),
    numbers: null,
    missing: { from: from.missing, to: to.missing },
    appeared: appeared.slice(0, MOST_NAMES),
    vanished: vanished.slice(0, MOST_NAMES),
  };
};

const byFrequency = (categories: ReadonlyMap<string, number>): string[] =>
  [...categories].sort(([a, rows], [b, others]) => others - rows || (a < b ? -1 : 1)).map(([name]) => name);

const countCells = (profile: CategoryProfile, categories: ReadonlyMap<string, number>, missing: number) => {
  const window = openCategoryWindow(profile);
  const others = window.counts.length - 1;
  const cells = new Map(profile.categories.map((name, cell) => [name, cell]));
  for (const [name, rows] of categories) {
    const cell = cells.get(name) ?? others;
    window.counts[cell] = (window.counts[cell] ?? 0) + rows;
  }
  window.missing = missing;
  return window;
};

const judged = (drift: Drift) => ({
  verdict: judgeDrift({ ...drift, threshold: THRESHOLD }).verdict,
  psi: known(drift.psi),
  threshold: THRESHOLD,
  sampled: { from: drift.referenceRows, to: drift.windowRows },
  bins: [...drift.labels],
  from: drift.reference.map(share),
  to: drift.current.map(share),
});

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
/** A side without rows has no shares. */
const share = (value: number): number => (Number.isFinite(value) ? value : 0);

const summaryOf = ({ rows, missing, moments, sample }: ColumnProfile) => {
  const ascending = sortFinite(sample);
  const at = (position: number): number | null => known(quantile(ascending, position));
  const has = moments.count() > 0;
  const varies = has && moments.least() < moments.most();
  return {
    rows,
    missing,
    mean: has ? moments.mean() : null,
    deviation: has ? (varies ? moments.deviation(moments.count()) : 0) : null,
    least: has ? moments.least() : null,
    lowerQuartile: at(0.25),
    median: at(0.5),
    upperQuartile: at(0.75),
    most: has ? moments.most() : null,
  };
};

type Summary = ReturnType<typeof summaryOf>;

const numberSentence = (
  column: string,
  drift: Drift,
  { from, to }: { readonly from: Summary; readonly to: Summary },
): string => {
  const { verdict, rowsNeeded } = judgeDrift({ ...drift, threshold: THRESHOLD });
  if (verdict === 'cannot_tell') return tooFew(column, drift, rowsNeeded);
  const said = missingChange(from, to) ?? `mean ${figure(from.mean)} → ${figure(to.mean)}`;
  const spread = `deviation ${figure(from.deviation)} → ${figure(to.deviation)}`;
  const what = `${said}, ${spread} (PSI ${figure(drift.psi)}, ${rowsText(drift)})`;
  return verdict === 'drifting' ? `“${column}” has shifted: ${what}.` : `“${column}” is spread as before: ${what}.`;
};

const categorySentence = (
  column: string,
  drift: Drift,
  appeared: readonly string[],
  vanished: readonly string[],
): string => {
  const names = [nameSome('new', appeared), nameSome('gone', vanished)].filter((text) => text !== null);
  const { verdict, rowsNeeded } = judgeDrift({ ...drift, threshold: THRESHOLD });
  if (verdict === 'cannot_tell') return [tooFew(column, drift, rowsNeeded), ...names].join(' ');
  const most = largestMove(drift);
  const name = most.label === 'other' ? 'all others' : `“${most.label}”`;
  const what = `${name} ${percent(most.from)} → ${percent(most.to)} (PSI ${figure(drift.psi)}, ${rowsText(drift)})`;
  const said =
    verdict === 'drifting' ? `“${column}” has shifted: ${what}.` : `“${column}” is spread as before: ${what}.`;
  return [said, ...names].join(' ');
};

const nameSome = (what: string, names: readonly string[]): string | null => {
  if (names.length === 0) return null;
  const some = names.slice(0, 3).map((name) => `“${name}”`);
  return `${names.length} ${what}: ${some.join(', ')}${names.length > 3 ? ', …' : ''}.`;
};

const tooFew = (column: string, { referenceRows, windowRows }: Drift, needed: number): string => {
  const enough = Number.isFinite(needed) ? `about ${needed.toLocaleString('en')} are needed` : 'more are needed';
  const rows = Math.min(referenceRows, windowRows).toLocaleString('en');
  return `${rows} rows are too few to tell whether “${column}” has shifted; ${enough}.`;
};

const missingChange = (from: Summary, to: Summary): string | null => {
  const [before, now] = [from, to].map(({ rows, missing }) => missing / Math.max(1, rows + missing)) as [
    number,
    number,
  ];
  return Math.abs(now - before) >= 0.01 ? `missing ${percent(before)} → ${percent(now)}` : null;
};

const largestMove = ({ labels, reference, current }: Drift) =>
  labels
    .map((label, at) => ({ label, from: reference[at] ?? 0, to: current[at] ?? 0 }))
    .reduce((most, one) => (Math.abs(one.to - one.from) > Math.abs(most.to - most.from) ? one : most));

const rowsText = ({ referenceRows, windowRows }: Drift): string =>
  `${referenceRows.toLocaleString('en')} and ${windowRows.toLocaleString('en')} rows`;

const figure = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(3))));
const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`;
