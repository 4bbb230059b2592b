import type { Connection } from '../client/connect.ts';
import type { RunId } from '../contract/ids.ts';
import type { RunSummary, Run, StageRecord } from '../contract/run.ts';
import { cancelled } from '../faults.ts';
import { bar, durationText, figure } from '../terminal/figures.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

export interface TrainOptions {
  readonly set: readonly string[];
  readonly until: 'evaluate' | 'gate' | 'register' | 'monitor';
  readonly fresh: boolean;
  readonly promote: boolean;
  /** An earlier run to go on from, instead of a configuration. */
  readonly resume?: RunId;
}

/** Trains as a training.yaml says and follows the run to its end. Ctrl-C cancels the run and waits until it has stopped. */
export const train = (shell: Shell, configuration: string, options: TrainOptions): Promise<ExitCode> =>
  shell.withSidecar(async (connection) => {
    if (shell.interrupted.aborted) throw cancelled();
    const run = await begin(connection, configuration, options);
    const ended = await followRun(shell, connection, run);
    const full = await connection.client.getRun({ run: ended.id });
    answer(shell, full, () => describeEnd(shell, full));
    return codeOf(full);
  });

const begin = ({ client }: Connection, configuration: string, options: TrainOptions): Promise<RunSummary> => {
  const { until, fresh, promote, resume } = options;
  return resume === undefined
    ? client.startRun({ configuration, overrides: parsePairs(options.set), until, fresh, promote })
    : client.resumeRun({ run: resume, until, promote });
};

const parsePairs = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, 'true'] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

const over: readonly RunSummary['status'][] = ['done', 'held', 'failed', 'cancelled', 'interrupted'];

/** Resolves when the run is over, drawing its stages meanwhile. */
export const followRun = (shell: Shell, connection: Connection, run: RunSummary): Promise<RunSummary> =>
  new Promise((resolve, reject) => {
    const told = new Set<string>();
    const stopListening = connection.onEvent((event) => {
      if (event.type === 'runChanged' && event.run.id === run.id) look(event.run);
    });
    const stopWatching = connection.onClosed((why) => reject(new Error(`The sidecar went away: ${why}`)));
    const cancel = () => {
      shell.screen.note('Cancelling …');
      connection.client.cancelRun({ run: run.id }).catch((error: unknown) => {
        reject(error instanceof Error ? error : cancelled());
      });
    };
    shell.interrupted.addEventListener('abort', cancel, { once: true });
    const look = (now: RunSummary) => {
      tellStages(shell, now, told);
      if (!over.includes(now.status)) return;
      stopListening();
      stopWatching();
      shell.interrupted.removeEventListener('abort', cancel);
      shell.screen.clearStatus();
      resolve(now);
    };
    // Ctrl-C may have come while the run was asked for, and the run may have ended before this began to listen.
    if (shell.interrupted.aborted) cancel();
    connection.client.getRun({ run: run.id }).then(look, reject);
  });

const finished: readonly StageRecord['status'][] = ['done', 'reused', 'held', 'failed', 'cancelled'];
const marks: Partial<Record<StageRecord['status'], string>> = {
  done: '✓',
  reused: '↺',
  held: '■',
  failed: '✗',
  cancelled: '–',
};

const tellStages = (shell: Shell, run: RunSummary, told: Set<string>): void => {
  const { screen } = shell;
  for (const stage of run.stages) {
    if (!finished.includes(stage.status) || told.has(stage.stage)) continue;
    told.add(stage.stage);
    screen.note(
      `${paint(shell, stage)} ${stage.stage.padEnd(9)} ${screen.dim(timeOf(stage).padStart(8))}  ${stage.note ?? ''}`,
    );
  }
  const running = run.stages.find((stage) => stage.status === 'running');
  if (running !== undefined) screen.status(statusLine(run, running));
};

const paint = ({ screen }: Shell, stage: StageRecord): string => {
  const mark = marks[stage.status] ?? ' ';
  if (stage.status === 'failed') return screen.red(mark);
  return stage.status === 'held' || stage.status === 'cancelled' ? screen.yellow(mark) : screen.green(mark);
};

const timeOf = ({ startedAt, endedAt }: StageRecord): string =>
  startedAt === null || endedAt === null ? '' : durationText(endedAt - startedAt);

const statusLine = (run: RunSummary, stage: StageRecord): string => {
  const percent = stage.fraction === null ? '' : ` ${String(Math.round(stage.fraction * 100)).padStart(3)} %`;
  const metric = run.metric === null ? '' : `  ${run.metric.name} ${figure(run.metric.value)}`;
  const left = stage.remainingMs === undefined ? '' : `, ~${durationText(stage.remainingMs)} left`;
  return `${run.id} ${stage.stage.padEnd(9)} ${bar(stage.fraction)}${percent}  ${stage.note ?? ''}${left}${metric}`;
};

const describeEnd = (shell: Shell, run: Run): string => {
  const { screen } = shell;
  const metric = run.metric === null ? '' : `, ${run.metric.name} ${figure(run.metric.value)}`;
  const lines = [screen.bold(`${run.id} ${run.status}${metric}`)];
  for (const reason of run.reasons) lines.push(screen.yellow(reason));
  if (run.fault !== null) {
    lines.push(screen.red(run.fault.message));
    if (run.fault.hint !== undefined) lines.push(run.fault.hint);
  }
  if (run.model !== null) lines.push(`Model ${run.model.name} v${run.model.version}`);
  return lines.join('\n');
};

const codeOf = (run: Run): ExitCode => {
  if (run.status === 'done') return exit.done;
  return run.status === 'held' ? exit.held : exit.fault;
};
