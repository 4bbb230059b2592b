import type { DriftReport } from '../../sidecar/contract/watch.ts';
import type { DriftUp } from '../contract/drift.ts';
import { button, codicon } from '../shared/controls.ts';
import { element, type Child } from '../shared/element.ts';
import { showCount, showInstant, showNumber } from '../shared/format.ts';

/** The endpoint, the window, the outcome in a sentence, and what labels that arrived say. */
export const drawHead = (report: DriftReport, send: (message: DriftUp) => void): Child => [
  element(
    'div',
    { class: 'title-row' },
    element(
      'h1',
      {},
      `Drift of ${report.endpoint}`,
      element('span', { class: 'sub' }, `v${report.version}`),
      element(
        'span',
        { class: `chip ${report.alarm ? 'doubt' : 'good'}` },
        codicon(report.alarm ? 'warning' : 'pass'),
        report.alarm ? 'alarm' : 'no alarm',
      ),
    ),
    element(
      'div',
      { class: 'actions' },
      button({
        label: 'Train Again',
        look: report.alarm ? 'primary' : 'secondary',
        icon: 'play',
        act: () => send({ type: 'train' }),
      }),
      button({ label: 'Copy curl', look: 'secondary', icon: 'terminal', act: () => send({ type: 'copyCurl' }) }),
    ),
  ),
  element('p', { class: 'summary-line' }, report.summary),
  element('p', { class: 'muted' }, sayWindow(report)),
  element('p', { class: 'muted' }, sayRealized(report.realized)),
];

const sayWindow = ({ rows, windowRows, windows, from, to }: DriftReport): string => {
  const seen = `${showCount(rows)} rows since deployment, ${showCount(windows)} closed windows.`;
  if (from === null || to === null) return `${seen} No window has closed yet.`;
  return `${seen} Newest window: ${showCount(windowRows)} rows, ${showInstant(from)} to ${showInstant(to)}.`;
};

const sayRealized = ({ rows, accuracy, low, high, atDeployment }: DriftReport['realized']): string => {
  if (rows === 0 || accuracy === null) return 'No labels have arrived, so the accuracy on live rows is not known.';
  const interval = low === null || high === null ? '' : ` (95 %: ${showNumber(low)} … ${showNumber(high)})`;
  const before = atDeployment === null ? '' : `, ${showNumber(atDeployment)} at deployment`;
  return `Labels arrived for ${showCount(rows)} rows: accuracy ${showNumber(accuracy)}${interval}${before}.`;
};
