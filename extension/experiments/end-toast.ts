import type { RunStatus, RunSummary } from '../../sidecar/contract/run.ts';
import { showNumber } from '../format.ts';
import type { CommandId } from '../ids.ts';
import type { Toast } from '../notify.ts';

interface Ending {
  readonly level: Toast['level'];
  readonly say: (run: RunSummary) => string;
  readonly actions: readonly ('Open Run' | 'Show Log' | 'Promote')[];
}

const cause = ({ fault }: RunSummary): string => fault?.message ?? 'The reason is in its log.';

/** How each end of a run is told; a run that its user stopped needs no telling. */
const endings: Readonly<Partial<Record<RunStatus, Ending>>> = {
  done: { level: 'information', say: (run) => `is done${sayResult(run)}.${sayWait(run)}`, actions: ['Open Run'] },
  held: { level: 'warning', say: ({ reasons }) => `was held. ${reasons.join(' ')}`, actions: ['Open Run'] },
  failed: { level: 'error', say: (run) => `failed. ${cause(run)}`, actions: ['Show Log', 'Open Run'] },
  interrupted: { level: 'warning', say: (run) => `was interrupted. ${cause(run)}`, actions: ['Open Run'] },
};

/** What is said when a run has ended that its user started and does not look at; null when nothing is. */
export const endToast = (run: RunSummary, execute: (command: CommandId, argument?: unknown) => void): Toast | null => {
  const ending = endings[run.status];
  if (ending === undefined) return null;
  const { model } = run;
  const acts = {
    'Open Run': () => execute('trainyard.openRun', run.id),
    'Show Log': () => execute('trainyard.showLog', run.id),
    Promote: () =>
      execute('trainyard.promoteModel', { subject: { kind: 'version', model: model?.name, version: model?.version } }),
  };
  const titles = waits(run) ? (['Promote', ...ending.actions] as const) : ending.actions;
  return {
    setting: 'runEnded',
    level: ending.level,
    message: `${run.id} ${run.experiment} ${ending.say(run)}`,
    actions: titles.map((title) => ({ title, act: acts[title] })),
  };
};

/** A registered version that is not the champion: deployment was skipped until somebody promotes it. */
const waits = ({ status, stages, model }: RunSummary): boolean =>
  status === 'done' &&
  model !== null &&
  stages.some(({ stage, status: state }) => stage === 'monitor' && state === 'skipped');

const sayWait = (run: RunSummary): string => (waits(run) ? ' It waits to be promoted.' : '');

const sayResult = ({ metric, model }: RunSummary): string => {
  const figure = metric === null ? [] : [`${metric.name} ${showNumber(metric.value)}`];
  const version = model === null ? [] : [`registered as ${model.name} v${model.version}`];
  const facts = [...figure, ...version];
  return facts.length === 0 ? '' : `: ${facts.join(', ')}`;
};
