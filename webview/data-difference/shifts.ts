import type { ColumnShift } from '../../sidecar/contract/data-difference.ts';
import { element, type Child } from '../shared/element.ts';
import { showNumber, showP } from '../shared/format.ts';
import { drawHistogram } from '../shared/histogram.ts';

/** How each verdict is shown: a sign and a word beside the colour. */
const verdicts = {
  stable: { sign: '✓', word: 'alike', tone: 'good' },
  drifting: { sign: '▲', word: 'shifted', tone: 'doubt' },
  cannot_tell: { sign: '?', word: 'cannot tell', tone: 'muted' },
} as const;

/** How the values of each column are spread before and after; columns that are alike are folded away. */
export const drawShifts = (shifts: readonly ColumnShift[]): Child => {
  if (shifts.length === 0) return null;
  const telling = shifts.filter(({ verdict }) => verdict !== 'stable');
  const alike = shifts.filter(({ verdict }) => verdict === 'stable');
  return element(
    'div',
    { class: 'part' },
    element('h3', {}, 'Distributions'),
    telling.length === 0
      ? element('p', { class: 'muted' }, 'The values of every column are spread as before.')
      : element('div', { class: 'shifts' }, telling.map(drawShift)),
    alike.length === 0
      ? null
      : element(
          'details',
          {},
          element('summary', {}, `${alike.length} ${alike.length === 1 ? 'column' : 'columns'} alike`),
          element('div', { class: 'shifts' }, alike.map(drawShift)),
        ),
  );
};

const drawShift = (shift: ColumnShift): HTMLElement => {
  const { sign, word, tone } = verdicts[shift.verdict];
  return element(
    'article',
    { class: 'card shift', label: `${shift.column}, ${word}` },
    element(
      'div',
      { class: 'shift-head' },
      element('h4', {}, shift.column),
      element('span', { class: `chip ${tone}` }, `${sign} ${word}`),
    ),
    shift.bins.length === 0
      ? null
      : drawHistogram({
          subject: shift.column,
          bins: shift.bins,
          before: { name: 'before', shares: shift.from },
          now: { name: 'after', shares: shift.to },
          width: 320,
          height: 84,
        }),
    element('p', {}, shift.sentence),
    element('p', { class: 'note' }, sayTest(shift)),
  );
};

/** The sentence has the figures; this is what they are judged by. */
const sayTest = ({ psi, threshold, p }: ColumnShift): string =>
  [psi === null ? null : `PSI limit ${showNumber(threshold)}`, p === null ? null : showP(p)]
    .filter((part) => part !== null)
    .join(' · ');
