import type { Announcement } from '../contract/events.ts';
import type { StageName } from '../contract/ids.ts';
import { RunSummary, type LogLine, type MetricPoint, type Nouns, type Run, type StageRecord } from '../contract/run.ts';
import type { LogLevel } from '../pipeline/job.ts';
import type { MetricStore } from '../store/metrics.ts';
import type { RunStore } from '../store/runs.ts';
import { telling } from './telling-metric.ts';

export interface RunRecord {
  readonly current: () => Run;
  /** Changes what is known of the run, keeps it, and tells everyone. */
  readonly update: (change: (run: Run) => Run) => void;
  /** The parts of `update`, for an end that must be told although the disk has no room to keep it. */
  readonly set: (change: (run: Run) => Run) => void;
  readonly keep: () => void;
  readonly tell: () => void;
  readonly stage: (stage: StageName, change: Partial<StageRecord>) => void;
  /** Progress is told at most four times a second and not kept: only outcomes are worth a disk write. */
  readonly progress: (stage: StageName, where: Pick<StageRecord, 'fraction' | 'note' | 'remainingMs'>) => void;
  readonly gave: (nouns: Nouns) => void;
  readonly metrics: (points: readonly MetricPoint[]) => void;
  readonly log: (stage: StageName | null, level: LogLevel, text: string) => void;
}

interface RunRecordNeeds {
  readonly run: Run;
  readonly runs: RunStore;
  readonly metrics: MetricStore;
  readonly announce: (announcement: Announcement) => void;
  readonly appendLog: (line: LogLine) => void;
  readonly clock: () => number;
}

const TELL_EVERY_MS = 250;

/** The one live account of a run: what it has done so far, kept in the store and announced as it changes. */
export const createRunRecord = ({ run, runs, metrics, announce, appendLog, clock }: RunRecordNeeds): RunRecord => {
  let current = run;
  let toldAt = 0;
  const tell = () => {
    toldAt = clock();
    announce({ type: 'runChanged', run: RunSummary.parse(current) });
  };
  const set = (change: (run: Run) => Run) => {
    current = change(current);
  };
  const keep = () => runs.save(current);
  const update = (change: (run: Run) => Run) => {
    set(change);
    keep();
    tell();
  };
  const tellSometimes = () => {
    if (clock() - toldAt >= TELL_EVERY_MS) tell();
  };
  return {
    current: () => current,
    update,
    set,
    keep,
    tell,
    stage: (stage, change) => update((before) => withStage(before, stage, { ...change, remainingMs: undefined })),
    progress: (stage, where) => {
      current = withStage(current, stage, where);
      tellSometimes();
    },
    gave: (nouns) => {
      current = { ...current, nouns: { ...current.nouns, ...nouns } };
      current = { ...current, metric: telling(current, metrics) };
    },
    metrics: (points) => {
      metrics.append(current.id, points);
      const epoch = points.reduce((most, point) => Math.max(most, Math.floor(point.epoch)), current.epoch ?? 0);
      current = { ...current, epoch };
      current = { ...current, metric: telling(current, metrics) };
      announce({ type: 'metricsLogged', run: current.id, points: [...points] });
      tellSometimes();
    },
    log: (stage, level, text) => {
      const line: LogLine = { at: clock(), stage, level, text };
      appendLog(line);
      announce({ type: 'lineLogged', run: current.id, line });
    },
  };
};

const withStage = (run: Run, stage: StageName, change: Partial<StageRecord>): Run => ({
  ...run,
  stages: run.stages.map((record) => (record.stage === stage ? { ...record, ...change } : record)),
});
