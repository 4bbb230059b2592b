import { element, type Child } from './element.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export interface TableNeeds {
  /** Said by screen readers before the table. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly Child[])[];
}

/** A plain table whose rows and columns are announced. Wide ones scroll by themselves, by keyboard too. */
export const table = ({ caption, columns, rows }: TableNeeds): HTMLElement => {
  const classOf = (index: number) => (columns[index]?.align === 'right' ? { class: 'number' } : {});
  return element(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'region', label: caption, key: `table:${caption}` },
    element(
      'table',
      {},
      element('caption', { class: 'spoken' }, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          columns.map(({ title }, index) => element('th', { scope: 'col', ...classOf(index) }, title)),
        ),
      ),
      element(
        'tbody',
        {},
        rows.map((cells) =>
          element(
            'tr',
            {},
            cells.map((cell, index) =>
              index === 0 ? element('th', { scope: 'row' }, cell) : element('td', classOf(index), cell),
            ),
          ),
        ),
      ),
    ),
  );
};
