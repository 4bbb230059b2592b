import type { Comparison } from '../../sidecar/contract/run.ts';
import type { ComparisonUp } from '../contract/comparison.ts';
import { button, dropdown } from '../shared/controls.ts';
import { element, type Child } from '../shared/element.ts';

/** The runs, the base that can be changed, and the outcome in one sentence. */
export const drawHead = ({ runs, summary }: Comparison, send: (message: ComparisonUp) => void): Child => {
  const [base] = runs;
  return [
    element(
      'div',
      { class: 'title-row' },
      element('h1', {}, 'Compare ', element('span', { class: 'sub' }, runs.map(({ id }) => id).join(', '))),
      element(
        'div',
        { class: 'actions' },
        element('span', { class: 'muted', 'aria-hidden': 'true' }, 'base'),
        dropdown({
          label: 'Base of the comparison',
          options: runs.map(({ id, experiment }) => ({ value: id, text: `${id} ${experiment}` })),
          chosen: base?.id ?? '',
          act: (value) => {
            const chosen = runs.find(({ id }) => id === value);
            if (chosen !== undefined && chosen !== base) send({ type: 'chooseBase', run: chosen.id });
          },
        }),
        button({
          label: 'Add Run',
          look: 'secondary',
          icon: 'add',
          disabledBecause: runs.length < 8 ? null : 'Eight runs are the most.',
          act: () => send({ type: 'addRun' }),
        }),
        button({ label: 'Copy Report', look: 'secondary', icon: 'copy', act: () => send({ type: 'copyReport' }) }),
      ),
    ),
    element('p', { class: 'summary-line' }, summary),
    element(
      'div',
      { class: 'run-head' },
      runs.map(({ id, status }) =>
        button({
          label: status === 'done' ? `Open ${id}` : `Open ${id} (${status})`,
          look: 'secondary',
          act: () => send({ type: 'openRun', run: id }),
        }),
      ),
    ),
  ];
};
