import { Hash } from '../../sidecar/contract/ids.ts';
import type { Measure, Report } from '../../sidecar/contract/report.ts';

const hash = Hash.parse('b'.repeat(64));

/** A measure with its interval. */
export const measureOf = (
  name: string,
  value: number | null,
  low: number | null = null,
  high: number | null = null,
): Measure => ({
  name,
  value,
  low,
  high,
  rows: 1000,
  better: name.includes('loss') ? 'lower' : 'higher',
});

/** A report that says nothing, with what a test needs changed. */
export const reportOf = (changes: Partial<Report> = {}): Report => ({
  rows: 1000,
  measures: [],
  classes: [],
  confusion: null,
  calibration: [],
  predictions: hash,
  latencyMs: { p50: 1, p95: 2 },
  champion: null,
  championNote: null,
  ...changes,
});
