import type { Training } from '../../contract/training.ts';
import type { WatchSettings } from '../../store/endpoints.ts';

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The section `monitor` as the watch takes it. */
export const watchSettingsOf = ({ window, window_rows: windowRows, drift }: Training['monitor']): WatchSettings => ({
  windowRows,
  windowMs: Math.max(1_000, Number.parseInt(window, 10) * (unitMs[window.slice(-1)] ?? 1_000)),
  threshold: drift.threshold,
  columns: drift.columns,
  correction: drift.correction,
  consecutive: drift.consecutive,
});
