import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageName } from '../contract/ids.ts';
import { Nouns, type Run, type StageRecord } from '../contract/run.ts';
import { Fault, explainDiskError, internalFault, reportFault } from '../faults.ts';
import { walkPipeline } from '../pipeline/pipeline.ts';
import type { Outcome, StageContext, Start } from '../pipeline/stage.ts';
import { changesBetween } from './changes.ts';
import { fingerprintsOf } from '../pipeline/fingerprints.ts';
import type { RunRecord } from './run-record.ts';
import type { RunRequest, RunsNeeds } from './run-request.ts';

interface Execution extends RunsNeeds {
  readonly record: RunRecord;
  readonly signal: AbortSignal;
  readonly start: Start;
  readonly request: RunRequest;
}

/** How long to wait before the end of a run that could not be kept is written again. */
const KEEP_AGAIN_MS = 1_000;

/** Takes one run through the pipeline. Never rejects: however it ends, the run says how. */
export const executeRun = async (execution: Execution): Promise<void> => {
  const { record, clock } = execution;
  try {
    execution.signal.throwIfAborted();
    record.update((run) => ({ ...run, status: 'running', startedAt: clock() }));
    const reasons = await walkPipeline(execution.pipeline, execution.start, walkOf(execution));
    const status = reasons.length > 0 ? 'held' : 'done';
    record.update((run) => finish({ ...run, status, reasons: [...reasons] }, clock()));
  } catch (error) {
    const fault = execution.signal.aborted ? new Fault('cancelled', 'Cancelled.') : faultOf(error, execution);
    const status = fault.code === 'cancelled' ? 'cancelled' : 'failed';
    if (status === 'failed') record.log(runningStage(record.current()), 'error', sentence(fault));
    await endInAnyCase(execution, (run) =>
      finish({ ...endRunningStage(run, status, clock()), status, fault: reportFault(fault) }, clock()),
    );
  }
};

const walkOf = ({ record, signal, request, runs, clock, ...needs }: Execution) => ({
  until: request.until,
  context: (stage: StageName): StageContext => ({
    run: record.current().id,
    signal,
    progress: (fraction, note, remainingMs) => record.progress(stage, { fraction, note, remainingMs }),
    metrics: (points) => record.metrics(points),
    log: (level, text) => record.log(stage, level, text),
  }),
  recall: (stage: StageName, key: string) => (request.fresh ? undefined : runs.recall(stage, key)),
  keep: (stage: StageName, key: string, gives: object) => runs.keep(stage, key, record.current().id, gives),
  began: (stage: StageName) => record.stage(stage, { status: 'running', startedAt: clock() }),
  ended: (stage: StageName, outcome: Outcome<object>, manner: 'done' | 'reused' | 'ended' | 'held') => {
    record.gave(Nouns.parse(outcome.gives));
    record.update((run) => ({ ...run, ...learn(run, runs.previous(run), needs.environment) }));
    const status = manner === 'ended' ? 'done' : manner;
    record.stage(stage, { status, endedAt: clock(), fraction: 1, note: noteOf(outcome, manner) });
  },
});

const noteOf = (outcome: Outcome<object>, manner: string): string | null => {
  if (manner === 'reused') return 'equal to an earlier run; its result is used again';
  if (outcome.status === 'held') return outcome.reasons.join(' ');
  return outcome.note ?? null;
};

/** What follows from the nouns so far: fingerprints, the model, and what differs from the run before. */
const learn = (run: Run, previous: Run | null, environment: Readonly<Record<string, string>>): Partial<Run> => ({
  fingerprints: run.nouns.dataset === undefined ? null : fingerprintsOf(run.training, run.nouns.dataset, environment),
  model: run.nouns.model === undefined ? null : { name: run.nouns.model.name, version: run.nouns.model.version },
  changes: previous === null ? [] : changesBetween(previous, run),
});

/** How a run failed is told at once, and kept as soon as the disk has room for it. */
const endInAnyCase = async (execution: Execution, change: (run: Run) => Run): Promise<void> => {
  const { record } = execution;
  record.set(change);
  let kept = isKept(execution);
  record.tell();
  for (; !kept; kept = isKept(execution)) await sleep(KEEP_AGAIN_MS);
};

const isKept = ({ record, log }: Execution): boolean => {
  try {
    record.keep();
    return true;
  } catch (error) {
    log.warn('the end of a run could not be kept yet', { run: record.current().id, error: String(error) });
    return false;
  }
};

const finish = (run: Run, now: number): Run => ({ ...skipWaiting(run), endedAt: now });

const mapStages = (run: Run, change: (stage: StageRecord) => StageRecord): Run => ({
  ...run,
  stages: run.stages.map(change),
});

const skipWaiting = (run: Run): Run =>
  mapStages(run, (stage) => (stage.status === 'waiting' ? { ...stage, status: 'skipped' } : stage));

const endRunningStage = (run: Run, status: 'failed' | 'cancelled', now: number): Run =>
  mapStages(run, (stage) => (stage.status === 'running' ? { ...stage, status, endedAt: now } : stage));

const runningStage = (run: Run): StageName | null =>
  run.stages.find((stage) => stage.status === 'running')?.stage ?? null;

const sentence = (fault: Fault): string =>
  fault.hint === undefined ? fault.message : `${fault.message} ${fault.hint}`;

const faultOf = (thrown: unknown, { log, record, layout }: Execution): Fault => {
  const error = explainDiskError(thrown, layout.root);
  if (error instanceof Fault) return error;
  const reference = randomUUID().slice(0, 8);
  const stack = error instanceof Error ? error.stack : String(error);
  log.error('a run failed by a bug', { reference, run: record.current().id, stack });
  return internalFault(reference);
};
