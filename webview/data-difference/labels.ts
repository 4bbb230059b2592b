import type { LabelFlips } from '../../sidecar/contract/data-difference.ts';
import { element, shape, type Child } from '../shared/element.ts';
import { showCount, showShare } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import { sayAlike, showGrowth } from './words.ts';

const MOST_PAIRS = 20;

/** From which label to which other one, most frequent first, and what became of the size of each class. */
export const drawLabels = (flips: LabelFlips, where: string): Child => {
  const { column, compared, flipped, pairs, pairsTotal } = flips;
  const noun = column === null ? 'pictures' : 'rows';
  const share = compared === 0 ? '' : ` (${showShare(flipped / compared)})`;
  return element(
    'div',
    { class: 'part' },
    element('h3', {}, column === null ? 'Pictures in another class' : `Labels in ${column}`),
    flipped === 0
      ? element('p', { class: 'muted' }, `None of the ${showCount(compared)} ${noun} that both have got another label.`)
      : element(
          'p',
          {},
          element('strong', {}, `${showCount(flipped)} of ${showCount(compared)} ${noun}${share}`),
          ' have another label.',
        ),
    flipped === 0 ? null : element('div', { class: 'two' }, drawPairs(pairs, where, noun), drawClasses(flips, where)),
    pairsTotal > Math.min(pairs.length, MOST_PAIRS)
      ? element('p', { class: 'note' }, `The ${MOST_PAIRS} most frequent of ${showCount(pairsTotal)} changes.`)
      : null,
  );
};

const drawPairs = (pairs: LabelFlips['pairs'], where: string, noun: string): HTMLElement => {
  const most = Math.max(1, ...pairs.map(({ count }) => count));
  return table({
    caption: `Changed labels of ${where}`,
    columns: [
      { title: 'was' },
      { title: 'is now' },
      { title: noun, align: 'right' },
      { title: '' },
      { title: 'for example' },
    ],
    rows: pairs
      .slice(0, MOST_PAIRS)
      .map(({ from, to, count, examples }) => [
        element('del', { class: 'label' }, from),
        element('ins', { class: 'label' }, to),
        showCount(count),
        drawBar(count / most),
        element('span', { class: 'muted examples' }, examples.slice(0, 3).join(', ')),
      ]),
  });
};

/** How many, beside the number that says it. */
const drawBar = (share: number): SVGElement =>
  shape(
    'svg',
    { width: 80, height: 10, 'aria-hidden': 'true', class: 'bar' },
    shape('rect', { class: 'bar-current', x: 0, y: 1, width: Math.max(2, 80 * share), height: 8 }),
  );

const drawClasses = ({ classes }: LabelFlips, where: string): Child => {
  const moved = classes.filter(({ from, to }) => from !== to);
  if (moved.length === 0) return null;
  return element(
    'div',
    {},
    table({
      caption: `Sizes of the classes of ${where}`,
      columns: [
        { title: 'class' },
        { title: 'before', align: 'right' },
        { title: 'after', align: 'right' },
        { title: 'change', align: 'right' },
      ],
      rows: moved.map(({ name, from, to }) => [name, showCount(from), showCount(to), showGrowth(to - from)]),
    }),
    moved.length === classes.length ? null : element('p', { class: 'note' }, sayAlike(classes.length - moved.length)),
  );
};
