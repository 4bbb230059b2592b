import type { DataDifference, SchemaDifference, TableDifference } from '../../sidecar/contract/data-difference.ts';
import type { DataDifferenceUp } from '../contract/data-difference.ts';
import { button } from '../shared/controls.ts';
import { element, type Child } from '../shared/element.ts';
import { showCount } from '../shared/format.ts';
import { drawChangedRows, drawWholeRows } from './cells.ts';
import { drawLabels } from './labels.ts';
import { drawShifts } from './shifts.ts';
import { sayKey } from './words.ts';

/** Each table that differs: schema, labels, rows and distributions. */
export const drawTables = ({ tables }: DataDifference, send: (message: DataDifferenceUp) => void): Child =>
  tables.map((one) => drawTable(one, send));

const drawTable = (one: TableDifference, send: (message: DataDifferenceUp) => void): HTMLElement =>
  element(
    'article',
    { class: 'table-difference', label: `Rows of ${one.file}` },
    element(
      'div',
      { class: 'heading-row' },
      element('h2', {}, `Rows of ${one.file}`),
      element(
        'div',
        { class: 'actions' },
        button({
          label: 'Key Columns',
          look: 'secondary',
          icon: 'key',
          act: () => send({ type: 'chooseKey', file: one.file }),
        }),
        button({
          label: 'Label Column',
          look: 'secondary',
          icon: 'tag',
          act: () => send({ type: 'chooseTarget', file: one.file }),
        }),
      ),
    ),
    drawCounts(one),
    element('p', { class: 'muted' }, sayKey(one)),
    drawSchema(one.schema),
    one.labels === null ? null : drawLabels(one.labels, one.file),
    folded('Changed rows', one.rows.changed, one.changed.length, () => drawChangedRows(one), 'open'),
    folded('Added rows', one.rows.added, one.added.length, () => drawWholeRows(one.added, 'added', one.file)),
    folded('Removed rows', one.rows.removed, one.removed.length, () => drawWholeRows(one.removed, 'removed', one.file)),
    drawShifts(one.shifts),
  );

const drawCounts = ({ rows }: TableDifference): HTMLElement =>
  element(
    'p',
    { class: 'counts' },
    element('span', {}, `${showCount(rows.from)} → ${showCount(rows.to)} rows`),
    element('span', { class: 'good' }, `+${showCount(rows.added)} added`),
    element('span', { class: 'bad' }, `−${showCount(rows.removed)} removed`),
    element('span', { class: 'doubt' }, `~${showCount(rows.changed)} changed`),
    element('span', { class: 'muted' }, `${showCount(rows.unchanged)} unchanged`),
  );

const drawSchema = ({ added, removed, retyped, reordered }: SchemaDifference): Child => {
  const changes: readonly Child[] = [
    ...added.map(({ column, type }) => [element('span', { class: 'good' }, '+ new '), code(column), ` ${type}`]),
    ...removed.map(({ column, type }) => [element('span', { class: 'bad' }, '− gone '), code(column), ` ${type}`]),
    ...retyped.map(({ column, from, to }) => [
      element('span', { class: 'doubt' }, '~ type '),
      code(column),
      ` ${from} → ${to}`,
    ]),
    ...(reordered ? [['columns stand in another order']] : []),
  ];
  if (changes.length === 0) return null;
  return element(
    'div',
    { class: 'part' },
    element('h3', {}, 'Columns'),
    element(
      'ul',
      { class: 'schema' },
      changes.map((change) => element('li', {}, change)),
    ),
  );
};

const code = (text: string): HTMLElement => element('code', {}, text);

/** A part that can be folded; it says how many of all are shown. */
const folded = (
  title: string,
  all: number,
  shown: number,
  draw: () => Child,
  state: 'open' | 'closed' = 'closed',
): Child => {
  if (all === 0) return null;
  const words =
    shown < all ? `${title}: the first ${showCount(shown)} of ${showCount(all)}` : `${title}: ${showCount(all)}`;
  return element(
    'details',
    { class: 'part', ...(state === 'open' ? { open: '' } : {}) },
    element('summary', {}, words),
    draw(),
  );
};
