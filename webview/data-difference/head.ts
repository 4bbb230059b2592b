import type { ComparedSide, DataDifference } from '../../sidecar/contract/data-difference.ts';
import type { DataDifferenceUp } from '../contract/data-difference.ts';
import { button, codicon } from '../shared/controls.ts';
import { element, type Child } from '../shared/element.ts';
import { showBytes, showCount, showInstant, UNKNOWN } from '../shared/format.ts';

interface Head {
  readonly difference: DataDifference;
  readonly outdated: boolean;
}

/** The data set, its two states, what can be done, and the difference in one sentence. */
export const drawHead = ({ difference, outdated }: Head, send: (message: DataDifferenceUp) => void): Child => {
  const { data, path, from, to, equal, summary, notes } = difference;
  return [
    outdated ? drawOutdated(send) : null,
    element(
      'div',
      { class: 'title-row' },
      element(
        'h1',
        {},
        data,
        element('span', { class: 'sub' }, `${from.label} → ${to.label}`),
        equal ? element('span', { class: 'chip good' }, codicon('pass'), 'equal') : null,
      ),
      element(
        'div',
        { class: 'actions' },
        button({ label: 'Swap', look: 'secondary', icon: 'arrow-swap', act: () => send({ type: 'swap' }) }),
        button({
          label: 'Copy Markdown',
          look: 'secondary',
          icon: 'copy',
          act: () => send({ type: 'copyMarkdown' }),
        }),
      ),
    ),
    element('p', { class: 'muted path' }, path),
    element('p', { class: 'summary-line' }, equal ? sayEqual(to) : summary),
    element(
      'div',
      { class: 'sides' },
      drawSide('before', from, () => send({ type: 'chooseSide', side: 'from' })),
      drawSide('after', to, () => send({ type: 'chooseSide', side: 'to' })),
    ),
    notes.length === 0
      ? null
      : element(
          'ul',
          { class: 'notes', label: 'Notes' },
          notes.map((note) => element('li', {}, codicon('info'), note)),
        ),
  ];
};

const sayEqual = ({ files, bytes }: ComparedSide): string =>
  `Nothing differs: both hold the same ${showCount(files)} ${files === 1 ? 'file' : 'files'}, ${showBytes(bytes)}.`;

const drawSide = (when: string, side: ComparedSide, choose: () => void): HTMLElement =>
  element(
    'div',
    { class: 'card side', role: 'group', label: `${when}: ${side.label}` },
    element(
      'div',
      { class: 'side-head' },
      element('span', { class: 'muted' }, when),
      element('strong', {}, side.label),
      button({ label: `Change ${when}`, look: 'secondary', icon: 'edit', act: choose }),
    ),
    element('p', {}, `${showCount(side.files)} ${side.files === 1 ? 'file' : 'files'} · ${showBytes(side.bytes)}`),
    element('p', { class: 'muted' }, sayOrigin(side)),
  );

const sayOrigin = ({ side, author, createdAt, kind }: ComparedSide): string => {
  if (kind === null) return 'no data here';
  if (side.kind === 'disk') return 'as it lies on disk';
  return `by ${author ?? UNKNOWN}, ${createdAt === null ? UNKNOWN : showInstant(createdAt)}`;
};

const drawOutdated = (send: (message: DataDifferenceUp) => void): HTMLElement =>
  element(
    'div',
    { class: 'notice-box stale', role: 'status' },
    element('p', {}, 'The data on disk has changed since this was compared.'),
    button({ label: 'Compare Again', look: 'primary', act: () => send({ type: 'retry' }) }),
  );
