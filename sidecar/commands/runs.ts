import type { RunId } from '../contract/ids.ts';
import type { Comparison, Curve, RunSummary } from '../contract/run.ts';
import { agoText, figure, sparkline } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

/** Lists runs, newest first, with what differs from the run before. */
export const listRuns = (shell: Shell, experiment: string | undefined, limit: number): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const runs = await client.listRuns({ limit, ...(experiment === undefined ? {} : { experiment }) });
    answer(shell, runs, () =>
      runs.length === 0 ? 'No run yet. Start one by `trainyard train config/training.yaml`.' : runTable(runs),
    );
    return exit.done;
  });

const runTable = (runs: readonly RunSummary[]): string =>
  table(
    ['run', 'experiment', 'status', 'metric', 'value', 'model', 'what changed', 'when'],
    runs.map((run) => [
      run.id,
      run.experiment,
      run.status,
      run.metric?.name ?? '–',
      figure(run.metric?.value),
      run.model === null ? '–' : `${run.model.name} v${run.model.version}`,
      changesText(run),
      agoText(run.createdAt, Date.now()),
    ]),
  );

const changesText = (run: RunSummary): string => {
  const shown = run.changes.slice(0, 3).map(({ name, from, to }) => `${name} ${from ?? '–'} → ${to ?? '–'}`);
  return shown.join(', ') + (run.changes.length > 3 ? ` and ${run.changes.length - 3} more` : '');
};

/** Compares two to eight runs: metrics, the parameters that differ, data, code, curves, changed predictions. */
export const compareRuns = (shell: Shell, runs: readonly RunId[]): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const comparison = await client.compareRuns({ runs: [...runs] });
    answer(shell, comparison, () => describeComparison(comparison));
    return exit.done;
  });

const describeComparison = (comparison: Comparison): string => {
  const ids = comparison.runs.map((run) => run.id);
  const metrics = comparison.metrics.map((row) => [
    `${row.name} ${row.better === 'higher' ? '↑' : '↓'}`,
    ...row.values.map(({ value, delta }) => figure(value) + (delta === null ? '' : ` (${signed(delta)})`)),
    row.values
      .slice(1)
      .map(({ verdict }) => verdictWords(verdict))
      .join(', '),
  ]);
  const differing = comparison.parameters.filter((row) => row.differs);
  return [
    comparison.summary,
    table(['metric', ...ids, 'verdict'], metrics),
    differing.length === 0
      ? 'All parameters are equal.'
      : table(
          ['parameter', ...ids],
          differing.map((row) => [row.name, ...row.values.map((value) => value ?? '–')]),
        ),
    table(
      ['', ...ids],
      [
        ['data', ...comparison.data.map((data) => `${data.dataset}: ${data.difference}`)],
        ['code', ...comparison.code.map((code) => code.difference)],
      ],
    ),
    ...comparison.predictions.map(
      (one) => `${one.run}: ${one.fixed} predictions fixed, ${one.broken} broken of ${one.rows}.`,
    ),
    curveTable(comparison.curves),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};

const verdictWords = (verdict: string | null): string => verdict?.replace('_', ' ') ?? '–';

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(Number(value.toPrecision(3)))}`;

const curveTable = (curves: readonly Curve[]): string =>
  curves.length === 0
    ? ''
    : table(
        ['curve', 'run', 'shape', 'last'],
        curves.map((curve) => [
          curve.name,
          curve.run,
          sparkline(curve.points.map(([, value]) => value)),
          figure(curve.points.at(-1)?.[1]),
        ]),
      );
