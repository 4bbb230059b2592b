import type { ComparedRow, TableDifference } from '../../sidecar/contract/data-difference.ts';
import { element, type Child } from '../shared/element.ts';
import { showCount } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import { sayRow, showCell } from './words.ts';

/** Columns that stand side by side; what is in others is listed in one more. */
const MOST_COLUMNS = 7;

/** Changed rows: the cells that differ, old and new, under their columns. */
export const drawChangedRows = ({ changed, cells, key, file }: TableDifference): Child => {
  const columns = cells.slice(0, MOST_COLUMNS).map(({ column }) => column);
  const more = cells.length > columns.length;
  return table({
    caption: `Changed rows of ${file}`,
    columns: [
      { title: 'row' },
      ...key.columns.map((title) => ({ title })),
      ...columns.map((title) => ({ title })),
      ...(more ? [{ title: 'other columns' }] : []),
    ],
    rows: changed.map((row) => {
      const byColumn = new Map(row.cells.map((cell) => [cell.column, cell]));
      const others = row.cells.filter(({ column }) => !columns.includes(column));
      return [
        sayRow(row),
        ...key.columns.map((_, index) => element('code', {}, showCell(row.key[index]))),
        ...columns.map((column) => drawChange(byColumn.get(column))),
        ...(more ? [others.map((cell) => element('div', {}, `${cell.column}: `, drawChange(cell)))] : []),
      ];
    }),
  });
};

/** Rows that only one side has, with all their values. */
export const drawWholeRows = (rows: readonly ComparedRow[], what: 'added' | 'removed', file: string): Child => {
  const side = what === 'added' ? 'to' : 'from';
  const all = [...new Set(rows.flatMap(({ cells }) => cells.map(({ column }) => column)))];
  const columns = all.slice(0, MOST_COLUMNS + 5);
  return [
    table({
      caption: `${what === 'added' ? 'Added' : 'Removed'} rows of ${file}`,
      columns: [{ title: 'row' }, ...columns.map((title) => ({ title }))],
      rows: rows.map((row) => {
        const values = new Map(row.cells.map((cell) => [cell.column, cell[side]]));
        return [sayRow(row), ...columns.map((column) => showCell(values.get(column)))];
      }),
    }),
    all.length === columns.length
      ? null
      : element('p', { class: 'note' }, `${showCount(all.length - columns.length)} further columns are not shown.`),
  ];
};

type Cell = ComparedRow['cells'][number];

const drawChange = (cell: Cell | undefined): Child => {
  if (cell === undefined)
    return element('span', { class: 'same', title: 'unchanged', label: 'unchanged', role: 'img' }, '·');
  return element(
    'span',
    { class: 'change' },
    element('del', {}, element('span', { class: 'spoken' }, 'was '), showCell(cell.from)),
    element('span', { 'aria-hidden': 'true' }, ' → '),
    element('ins', {}, element('span', { class: 'spoken' }, ' is now '), showCell(cell.to)),
  );
};
