import type { RunId } from '../contract/ids.ts';
import type { LogLine, Run } from '../contract/run.ts';
import { cancelled, runNotActive } from '../faults.ts';
import type { Start } from '../pipeline/stage.ts';
import { executeRun } from './execute.ts';
import { newRun } from './new-run.ts';
import type { RunRequest, RunsNeeds } from './run-request.ts';
import { appendRunLog } from './run-log.ts';
import { createRunRecord, type RunRecord } from './run-record.ts';

export interface Runs {
  /** Queues a run and answers at once; the run is kept before it is acknowledged. */
  readonly start: (request: RunRequest) => Run;
  /** @throws Fault `run-not-active` */
  readonly cancel: (id: RunId) => Run;
  /** A run as it is this moment, progress included; undefined when it is not active. */
  readonly live: (id: RunId) => Run | undefined;
  readonly active: () => number;
  /** Marks runs that a dead sidecar left behind. */
  readonly recover: () => void;
  /** Cancels everything and waits until it has stopped. */
  readonly stop: () => Promise<void>;
}

interface Active {
  readonly record: RunRecord;
  readonly stop: AbortController;
}

/** Runs of one workspace, one at a time in the order they were asked for. */
export const createRuns = (needs: RunsNeeds): Runs => {
  const { runs, metrics, announce, clock, layout } = needs;
  const active = new Map<RunId, Active>();
  let line: Promise<void> = Promise.resolve();

  const start = (request: RunRequest): Run => {
    const run = runs.create((id) => newRun(id, request, needs.environment, clock()));
    const appendLog = (line: LogLine) => {
      try {
        appendRunLog(layout.run(run.id), line);
      } catch (error) {
        // A log must never stop the work, so a full disk is borne here; what must be kept will fail by itself.
        needs.log.warn('a line of the log of a run is lost', { run: run.id, error: String(error) });
      }
    };
    const record = createRunRecord({ run, runs, metrics, announce, clock, appendLog });
    const stop = new AbortController();
    active.set(run.id, { record, stop });
    record.tell();
    const begin: Start = {
      experiment: request.experiment,
      training: request.training,
      root: layout.root,
      promote: request.promote,
      ...continuingOf(request),
    };
    line = line.then(async () => {
      await executeRun({ ...needs, record, signal: stop.signal, start: begin, request });
      active.delete(run.id);
    });
    return run;
  };

  return {
    start,
    cancel: (id) => {
      const found = active.get(id);
      if (found === undefined) throw runNotActive(id, runs.get(id).status);
      found.stop.abort(cancelled());
      return found.record.current();
    },
    live: (id) => active.get(id)?.record.current(),
    active: () => active.size,
    recover: () => {
      for (const run of runs.withStatus(['queued', 'running'])) {
        runs.save({ ...interrupt(run), status: 'interrupted', endedAt: clock() });
        needs.log.warn('run interrupted by the end of an earlier sidecar', { run: run.id });
      }
    },
    stop: async () => {
      for (const { stop } of active.values()) stop.abort(cancelled());
      await line;
    },
  };
};

const continuingOf = ({ resume, fresh }: RunRequest): Pick<Start, 'continuing'> => {
  if (resume) return { continuing: 'must' };
  return fresh ? { continuing: 'never' } : {};
};

const interrupt = (run: Run): Run => ({
  ...run,
  stages: run.stages.map((stage) =>
    stage.status === 'running' || stage.status === 'waiting'
      ? { ...stage, status: stage.status === 'running' ? 'cancelled' : 'skipped', fraction: null }
      : stage,
  ),
  fault: {
    code: 'cancelled',
    message: 'The sidecar ended while this run was under way.',
    hint: 'Resume it, or start it again: finished stages are reused, and training goes on from its last checkpoint.',
  },
});
