import type { KnownRun, ProjectState } from './project.ts';

/** A clickable text above the first line. */
export interface Lens {
  readonly title: string;
  readonly command: 'trainyard.train' | 'trainyard.cancelRun' | 'trainyard.openRun' | 'trainyard.compareRuns';
  /** Runs that the command is about; empty for the file itself. */
  readonly runs: readonly string[];
}

/** One line: start or stop, the last result, and the comparison of the last two. */
export const lenses = ({ runs }: ProjectState): readonly Lens[] => {
  const active = runs.filter((run) => run.active);
  const ended = runs.filter((run) => !run.active && run.metric !== null);
  const [last, before] = ended;
  const compare: Lens[] =
    last === undefined || before === undefined
      ? []
      : [{ title: `⇄ Compare with ${before.id}`, command: 'trainyard.compareRuns', runs: [before.id, last.id] }];
  return [
    { title: '▶ Train', command: 'trainyard.train', runs: [] },
    ...active.map((run) => ({ title: stopTitle(run), command: 'trainyard.cancelRun' as const, runs: [run.id] })),
    ...(last === undefined ? [] : [{ title: lastTitle(last), command: 'trainyard.openRun' as const, runs: [last.id] }]),
    ...compare,
  ];
};

const stopTitle = ({ id, epoch, epochs, metric }: KnownRun): string => {
  const progress = epoch === null || epochs === null ? [] : [`epoch ${epoch}/${epochs}`];
  return [`■ Stop ${id}`, ...progress, ...(metric === null ? [] : [showMetric(metric.value)])].join(' · ');
};

const lastTitle = ({ id, metric }: KnownRun): string =>
  `last: ${id} ${metric === null ? '' : showMetric(metric.value)}`.trim();

/** Four significant digits, as everywhere in lists. */
const showMetric = (value: number): string => Number(value.toPrecision(4)).toString();
