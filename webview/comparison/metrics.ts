import type { Comparison } from '../../sidecar/contract/run.ts';
import { element, type Child } from '../shared/element.ts';
import { showDelta, showFigure } from '../shared/format.ts';
import { table } from '../shared/table.ts';

type Row = Comparison['metrics'][number];
type Cell = Row['values'][number];

const verdicts = {
  better: { sign: '▲', word: 'better', tone: 'good' },
  worse: { sign: '▼', word: 'worse', tone: 'bad' },
  same: { sign: '=', word: 'same', tone: 'same' },
  cannot_tell: { sign: '?', word: 'cannot tell', tone: 'doubt' },
} as const;

/** Metrics on held-out rows, each with its interval and its difference to the base. */
export const drawMetrics = ({ runs, metrics }: Comparison): Child => {
  if (metrics.length === 0) {
    return [
      element('h2', {}, 'Metrics'),
      element('p', { class: 'muted' }, 'None of these runs has been evaluated yet.'),
    ];
  }
  return [
    element('h2', {}, 'Metrics'),
    table({
      caption: 'Metrics',
      columns: [
        { title: 'metric' },
        ...runs.map(({ id }, index) => ({ title: index === 0 ? `${id} (base)` : id, align: 'right' as const })),
      ],
      rows: metrics.map((row) => [
        `${row.name.replaceAll('_', ' ')} ${row.better === 'higher' ? '↑' : '↓'}`,
        ...row.values.map(drawCell),
      ]),
    }),
    element(
      'p',
      { class: 'note' },
      'In small: the 95 % interval. “Better” and “worse” are said only where the intervals are apart.',
    ),
  ];
};

const drawCell = ({ value, low, high, delta, verdict }: Cell): Child => [
  element('span', { class: 'value', title: value === null ? 'not measured in this run' : '' }, showFigure(value)),
  low === null || high === null
    ? null
    : element('span', { class: 'range' }, ` ${showFigure(low)} … ${showFigure(high)}`),
  drawDifference(delta, verdict),
];

const drawDifference = (delta: Cell['delta'], verdict: Cell['verdict']): Child => {
  if (delta === null) return null;
  if (verdict === null) return element('span', { class: 'verdict' }, showDelta(delta));
  const { sign, word, tone } = verdicts[verdict];
  return element('span', { class: `verdict ${tone}` }, `${sign} ${showDelta(delta)} ${word}`);
};
