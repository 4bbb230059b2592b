import type { Run, StageRecord } from '../../sidecar/contract/run.ts';
import type { RunUp } from '../contract/run.ts';
import { button, codicon } from '../shared/controls.ts';
import { element, type Child } from '../shared/element.ts';
import { showDuration } from '../shared/format.ts';

interface Look {
  readonly word: string;
  readonly icon: string;
  readonly tone: string;
}

const runLooks: Readonly<Record<Run['status'], Look>> = {
  queued: { word: 'queued', icon: 'clock', tone: 'info' },
  running: { word: 'running', icon: 'sync', tone: 'info' },
  done: { word: 'done', icon: 'pass', tone: 'good' },
  held: { word: 'held', icon: 'warning', tone: 'doubt' },
  failed: { word: 'failed', icon: 'error', tone: 'bad' },
  cancelled: { word: 'stopped', icon: 'circle-slash', tone: 'muted' },
  interrupted: { word: 'interrupted', icon: 'debug-disconnect', tone: 'doubt' },
};

const stageLooks: Readonly<Record<StageRecord['status'], Look>> = {
  waiting: { word: 'waiting', icon: 'circle-outline', tone: 'waiting' },
  running: { word: 'running', icon: 'sync', tone: 'info' },
  done: { word: 'done', icon: 'pass', tone: 'good' },
  reused: { word: 'reused from an earlier run', icon: 'pass', tone: 'good' },
  held: { word: 'held', icon: 'warning', tone: 'doubt' },
  failed: { word: 'failed', icon: 'error', tone: 'bad' },
  cancelled: { word: 'stopped', icon: 'circle-slash', tone: 'muted' },
  skipped: { word: 'skipped', icon: 'debug-step-over', tone: 'waiting' },
};

const isActive = ({ status }: Run): boolean => status === 'queued' || status === 'running';

const isResumable = ({ status }: Run): boolean =>
  status === 'interrupted' || status === 'cancelled' || status === 'failed';

/** Title, state, actions, progress, stages and, where it ended badly, why. */
export const drawHead = (run: Run, previous: string | null, send: (message: RunUp) => void): Child => {
  const look = runLooks[run.status];
  return [
    element(
      'div',
      { class: 'title-row' },
      element(
        'h1',
        {},
        run.id,
        element('span', { class: 'sub' }, run.experiment),
        element('span', { class: `chip ${look.tone}` }, codicon(look.icon), look.word),
      ),
      element('div', { class: 'actions' }, actionsOf(run, previous, send)),
    ),
    isActive(run) ? progressOf(run) : null,
    element('ol', { class: 'stages', label: 'Stages' }, run.stages.map(drawStage)),
    whyOf(run),
  ];
};

const actionsOf = (run: Run, previous: string | null, send: (message: RunUp) => void): readonly Child[] => [
  isActive(run)
    ? button({ label: 'Stop', look: 'primary', icon: 'debug-stop', act: () => send({ type: 'stop' }) })
    : null,
  isResumable(run)
    ? button({ label: 'Resume', look: 'primary', icon: 'debug-continue', act: () => send({ type: 'resume' }) })
    : null,
  previous === null
    ? null
    : button({
        label: `Compare with ${previous}`,
        look: 'secondary',
        icon: 'git-compare',
        act: () => send({ type: 'compare' }),
      }),
  button({
    label: 'Configuration',
    look: 'secondary',
    icon: 'go-to-file',
    act: () => send({ type: 'openConfiguration' }),
  }),
  button({ label: 'Log', look: 'secondary', icon: 'output', act: () => send({ type: 'showLog' }) }),
];

const progressOf = (run: Run): Child => {
  const stage = run.stages.find(({ status }) => status === 'running');
  const epoch = run.epoch === null || run.epochs === null ? null : `epoch ${run.epoch} of ${run.epochs}`;
  const words = [stage?.stage ?? 'waiting', epoch, remaining(stage)].filter((part) => part !== null).join(' · ');
  return [
    progressBar(`Progress of ${stage?.stage ?? 'the run'}`, stage?.fraction ?? null),
    element('p', { class: 'progress-text', role: 'status' }, words),
  ];
};

/** Without `aria-valuenow` a bar says that its end is not known. */
const progressBar = (label: string, fraction: number | null): HTMLElement => {
  const percent = String(Math.round((fraction ?? 0) * 100));
  const fill = element('div', {});
  fill.style.width = `${percent}%`;
  const range = fraction === null ? {} : { 'aria-valuenow': percent, 'aria-valuemin': '0', 'aria-valuemax': '100' };
  return element('div', { class: 'progress', role: 'progressbar', label, ...range }, fill);
};

/** What the work itself says, or an estimate from the part that is done; none before there is a basis for it. */
const remaining = (stage: StageRecord | undefined): string | null => {
  if (stage?.remainingMs !== undefined) return `~${showDuration(stage.remainingMs)} left`;
  if (stage?.startedAt == null || stage.fraction === null || stage.fraction < 0.05) return null;
  const elapsed = Date.now() - stage.startedAt;
  return `~${showDuration((elapsed / stage.fraction) * (1 - stage.fraction))} left`;
};

const drawStage = ({ stage, status, note, startedAt, endedAt }: StageRecord): HTMLElement => {
  const look = stageLooks[status];
  const took = startedAt === null || endedAt === null || status === 'reused' ? null : showDuration(endedAt - startedAt);
  const title = [look.word, note, took].filter((part) => part !== null).join(' · ');
  return element(
    'li',
    { class: look.tone === 'waiting' ? 'waiting' : '', title },
    element('span', { class: look.tone }, codicon(look.icon)),
    stage,
    element('span', { class: 'spoken' }, `, ${title}`),
    took === null ? null : element('span', { class: 'muted' }, took),
  );
};

const whyOf = (run: Run): Child => {
  if (run.fault !== null && run.status !== 'cancelled') {
    const { message, hint } = run.fault;
    return element(
      'div',
      { class: 'notice-box failed why', role: 'alert' },
      element('p', {}, hint === undefined ? message : `${message} ${hint}`),
    );
  }
  if (run.status !== 'held') return null;
  return element(
    'div',
    { class: 'notice-box stale why' },
    element(
      'div',
      {},
      element('p', {}, 'Held, so that nothing unproven goes on:'),
      run.reasons.map((reason) => element('p', {}, reason)),
    ),
  );
};
