import type { Comparison } from '../../sidecar/contract/run.ts';
import { element, type Child } from '../shared/element.ts';
import { showCount, showP } from '../shared/format.ts';

type Flips = Comparison['predictions'][number];

/** Predictions that became right or wrong, against the base, with examples. */
export const drawFlips = ({ predictions, runs }: Comparison): Child => {
  if (predictions.length === 0) return null;
  const base = runs[0]?.id ?? 'the base';
  return [element('h2', {}, 'Predictions that changed'), predictions.map((flips) => drawRun(flips, base))];
};

const drawRun = (flips: Flips, base: string): Child => [
  element(
    'p',
    {},
    element('strong', {}, flips.run),
    ` against ${base}, on ${showCount(flips.rows)} rows that both scored: `,
    element('span', { class: 'good' }, `✓ ${showCount(flips.fixed)} fixed`),
    ', ',
    element('span', { class: 'bad' }, `✗ ${showCount(flips.broken)} broken`),
    flips.p === null ? '' : ` (${showP(flips.p)}, McNemar)`,
  ),
  element('ul', { class: 'flips', label: `Examples of ${flips.run}` }, flips.examples.map(drawExample)),
];

const drawExample = ({ row, truth, base, other, kind }: Flips['examples'][number]): HTMLElement =>
  element(
    'li',
    {},
    element('span', { class: kind === 'fixed' ? 'good' : 'bad' }, kind === 'fixed' ? '✓ fixed ' : '✗ broken '),
    element('code', {}, row),
    element('br', {}),
    element('span', { class: 'muted' }, `is ${truth}: ${base} → ${other}`),
  );
