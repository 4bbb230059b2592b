import type { Report } from '../../sidecar/contract/report.ts';
import { element } from '../shared/element.ts';
import { showCount } from '../shared/format.ts';

/** Wider ones would be dots. */
const MOST_CLASSES = 20;

/** What was taken for what: true classes down, predicted ones across; mistakes are shaded by their share of the row. */
export const confusionTable = ({ labels, counts }: NonNullable<Report['confusion']>): HTMLElement => {
  if (labels.length > MOST_CLASSES) {
    return element(
      'p',
      { class: 'note' },
      `${labels.length} classes are too many for a confusion matrix here; the table of classes has them all.`,
    );
  }
  return element(
    'div',
    { class: 'table-scroll section', tabindex: '0', role: 'region', label: 'Confusion matrix', key: 'confusion' },
    element('h3', {}, 'True class (down) taken for (across)'),
    element(
      'table',
      { class: 'confusion' },
      element('caption', { class: 'spoken' }, 'Confusion matrix: rows are true classes, columns predicted ones'),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('th', { scope: 'col' }, element('span', { class: 'spoken' }, 'true class')),
          labels.map((label) => element('th', { scope: 'col' }, label)),
        ),
      ),
      element(
        'tbody',
        {},
        counts.map((row, truth) => {
          const total = row.reduce((sum, count) => sum + count, 0);
          return element(
            'tr',
            {},
            element('th', { scope: 'row' }, labels[truth] ?? String(truth)),
            row.map((count, predicted) => cell({ count, total, right: predicted === truth })),
          );
        }),
      ),
    ),
  );
};

const cell = ({ count, total, right }: { count: number; total: number; right: boolean }): HTMLElement => {
  const made = element(
    'td',
    { class: right ? 'diagonal' : count === 0 ? 'zero' : '' },
    count === 0 ? '·' : showCount(count),
  );
  if (count === 0 || total === 0) return made;
  const share = Math.round(6 + 22 * Math.sqrt(count / total));
  const color = right ? '--vscode-charts-green' : '--vscode-charts-red';
  made.style.background = `color-mix(in srgb, var(${color}) ${share}%, transparent)`;
  return made;
};
