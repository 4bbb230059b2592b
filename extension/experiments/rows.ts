import type { Change, RunSummary, StageRecord } from '../../sidecar/contract/run.ts';
import { countOf, showAge, showDirection, showDuration, showNumber, sparkline } from '../format.ts';
import { isActive, type Project } from '../sidecar/project.ts';
import { factRow, type Row } from '../tree/row.ts';
import { runLooks, stageLooks } from './status.ts';

/** More rows of one experiment are told, not shown. */
const MOST_RUNS = 200;

/** Experiments, the one with the newest run first, and their runs, newest first. */
export const collectExperiments = (project: Project, now: number): readonly Row[] => {
  const names = [...new Set(project.runs.map(({ experiment }) => experiment))];
  return names.map((name, index) =>
    experimentRow({ name, project, now, opened: index === 0 ? 'expanded' : 'collapsed' }),
  );
};

interface ExperimentNeeds {
  readonly name: string;
  readonly project: Project;
  readonly now: number;
  readonly opened: 'expanded' | 'collapsed';
}

const experimentRow = ({ name, project, now, opened }: ExperimentNeeds): Row => {
  const runs = project.runs.filter(({ experiment }) => experiment === name);
  const best = bestOf(runs);
  const older = runs.length - MOST_RUNS;
  const facts = [...(best === null ? [] : [`best ${best}`]), countOf(runs.length, 'run')];
  return {
    ...factRow({ id: `experiment/${name}`, label: name, description: facts.join(' · '), icon: 'beaker' }),
    context: 'experiment',
    spoken: `experiment ${name}, ${facts.join(', ')}`,
    opened,
    children: [
      ...runs.slice(0, MOST_RUNS).map((run) => runRow(run, project, now)),
      ...(older > 0 ? [factRow({ id: `experiment/${name}/older`, label: `${older} older`, icon: 'ellipsis' })] : []),
    ],
  };
};

/** The best number among ended runs, of the metric that the newest of them tells. */
const bestOf = (runs: readonly RunSummary[]): string | null => {
  const told = runs.filter((run) => !isActive(run)).flatMap(({ metric }) => (metric === null ? [] : [metric]));
  const [newest] = told;
  if (newest === undefined) return null;
  const values = told.filter(({ name }) => name === newest.name).map(({ value }) => value);
  const best = newest.better === 'higher' ? Math.max(...values) : Math.min(...values);
  return `${newest.name} ${showNumber(best)} ${showDirection(newest.better)}`;
};

const runRow = (run: RunSummary, project: Project, now: number): Row => {
  const look = runLooks[run.status];
  return {
    id: `run/${run.id}`,
    label: run.id,
    description: describe(run, project, now),
    tooltip: tooltipOf(run),
    icon: { name: look.icon, color: look.color },
    context: isActive(run) ? 'run.active' : `run.${run.status}`,
    spoken: spokenOf(run),
    opened: 'collapsed',
    children: [
      ...changeRows(run),
      ...run.stages.filter(({ status }) => status !== 'waiting').map((stage) => stageRow(run, stage)),
    ],
    // A script that failed says why in its own words; every other fault is told on the page.
    click: {
      command: run.fault?.code === 'command-failed' ? 'trainyard.showLog' : 'trainyard.openRun',
      argument: run.id,
    },
    subject: { kind: 'run', run: run.id },
  };
};

const describe = (run: RunSummary, project: Project, now: number): string => {
  const status = run.status === 'done' ? null : statusWords(run);
  const version = run.model === null ? null : `v${run.model.version}`;
  const age = isActive(run) ? null : showAge(run.endedAt ?? run.createdAt, now);
  const changes = run.changes.slice(0, 2).map(sayChange);
  return [status, sayMetric(run, project), version, ...changes, age].filter((part) => part !== null).join(' · ');
};

const sayMetric = ({ id, metric, status }: RunSummary, project: Project): string | null => {
  if (metric === null) return null;
  const trail = isActive({ status }) ? sparkline(project.trails.get(id) ?? []) : '';
  return `${showNumber(metric.value)} ${showDirection(metric.better)} ${trail}`.trim();
};

const statusWords = (run: RunSummary): string => {
  const { word } = runLooks[run.status];
  if (run.status === 'running' && run.epoch !== null && run.epochs !== null)
    return `${word} ${run.epoch}/${run.epochs}`;
  return run.fault === null || run.status === 'cancelled' ? word : run.fault.message;
};

/** `optimizer.lr 0.001 → 0.0003`; the last part of the name is enough in a row. */
const sayChange = ({ name, from, to }: Change): string => {
  const short = name.split('.').at(-1) ?? name;
  return `${short} ${from ?? '–'} → ${to ?? '–'}`;
};

const spokenOf = (run: RunSummary): string => {
  const metric = run.metric === null ? [] : [`${run.metric.name.replaceAll('_', ' ')} ${showNumber(run.metric.value)}`];
  const epoch =
    isActive(run) && run.epoch !== null && run.epochs !== null ? [`epoch ${run.epoch} of ${run.epochs}`] : [];
  const fault = run.fault === null ? [] : [run.fault.message];
  const changes = run.changes.length === 0 ? [] : [`${countOf(run.changes.length, 'change')} since the run before`];
  return [`run ${run.id.slice(1)}`, runLooks[run.status].word, ...epoch, ...metric, ...fault, ...changes].join(', ');
};

const tooltipOf = (run: RunSummary): string => {
  const lines = [
    `**${run.id}** ${run.experiment} · ${runLooks[run.status].word}`,
    ...(run.metric === null
      ? []
      : [`${run.metric.name} **${showNumber(run.metric.value)}** ${showDirection(run.metric.better)}`]),
    ...(run.startedAt === null || run.endedAt === null ? [] : [`took ${showDuration(run.endedAt - run.startedAt)}`]),
    ...run.reasons,
    ...(run.fault === null ? [] : [run.fault.message, ...(run.fault.hint === undefined ? [] : [run.fault.hint])]),
    `from \`${run.configuration}\``,
  ];
  return lines.join('\n\n');
};

const changeIcons: Readonly<Record<Change['kind'], string>> = {
  code: 'code',
  data: 'database',
  configuration: 'settings',
  environment: 'server-environment',
};

const changeRows = (run: RunSummary): readonly Row[] =>
  run.changes.map((change) =>
    factRow({
      id: `run/${run.id}/change/${change.kind}/${change.name}`,
      label: change.name,
      description: `${change.from ?? '–'} → ${change.to ?? '–'}`,
      icon: changeIcons[change.kind],
      tooltip: `Differs from the run before (${change.kind})`,
    }),
  );

const stageRow = (run: RunSummary, { stage, status, note, startedAt, endedAt }: StageRecord): Row => {
  const look = stageLooks[status];
  const took = startedAt === null || endedAt === null || status === 'reused' ? [] : [showDuration(endedAt - startedAt)];
  return factRow({
    id: `run/${run.id}/stage/${stage}`,
    label: stage,
    description: [look.word, ...took, ...(note === null ? [] : [note])].join(' · '),
    icon: look.icon,
    ...(look.color === null ? {} : { color: look.color }),
  });
};
