import type { RunStatus, StageRecord } from '../../sidecar/contract/run.ts';

interface Look {
  readonly word: string;
  readonly icon: string;
  readonly color: string | null;
}

/** How each status of a run is shown. */
export const runLooks: Readonly<Record<RunStatus, Look>> = {
  queued: { word: 'queued', icon: 'clock', color: 'charts.blue' },
  running: { word: 'running', icon: 'sync~spin', color: 'charts.blue' },
  done: { word: 'done', icon: 'pass', color: 'testing.iconPassed' },
  held: { word: 'held', icon: 'warning', color: 'list.warningForeground' },
  failed: { word: 'failed', icon: 'error', color: 'testing.iconFailed' },
  cancelled: { word: 'stopped', icon: 'circle-slash', color: null },
  interrupted: { word: 'interrupted', icon: 'debug-disconnect', color: 'list.warningForeground' },
};

/** How each status of a stage is shown. */
export const stageLooks: Readonly<Record<StageRecord['status'], Look>> = {
  waiting: { word: 'waiting', icon: 'circle-outline', color: null },
  running: { word: 'running', icon: 'sync~spin', color: 'charts.blue' },
  done: { word: 'done', icon: 'pass', color: 'testing.iconPassed' },
  reused: { word: 'reused', icon: 'pass', color: 'testing.iconPassed' },
  held: { word: 'held', icon: 'warning', color: 'list.warningForeground' },
  failed: { word: 'failed', icon: 'error', color: 'testing.iconFailed' },
  cancelled: { word: 'stopped', icon: 'circle-slash', color: null },
  skipped: { word: 'skipped', icon: 'debug-step-over', color: null },
};
