import { element } from './element.ts';

/** A long list of which only the rows in sight are elements. */
export interface VirtualList {
  readonly element: HTMLElement;
  /** Draws again, from the top when the list is another one. */
  readonly show: (total: number, from: 'top' | 'here') => void;
}

export interface VirtualListNeeds {
  /** Said by screen readers before the list. */
  readonly label: string;
  readonly rowHeight: number;
  /** Rows in sight at once. */
  readonly rows: number;
  /** The cells of a row; null while they are not known yet. */
  readonly draw: (index: number) => readonly HTMLElement[] | null;
  /** These rows are about to be seen. */
  readonly need: (first: number, last: number) => void;
}

/** Rows beyond the edges that are drawn as well, so that scrolling shows no gap. */
const BEYOND = 8;

/**
 * Rows of one height in a box that scrolls by itself, by keyboard too. Screen readers are told the whole number of rows
 * and the number of each.
 */
export const virtualList = ({ label, rowHeight, rows, draw, need }: VirtualListNeeds): VirtualList => {
  const space = element('div', { class: 'virtual-space', role: 'rowgroup' });
  const box = element(
    'div',
    { class: 'virtual-list', role: 'table', label, tabindex: '0', key: `list:${label}` },
    space,
  );
  let total = 0;
  const redraw = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / rowHeight) - BEYOND);
    const last = Math.min(total, first + rows + 2 * BEYOND);
    need(first, last);
    const focused = space.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : null;
    space.replaceChildren(...Array.from({ length: last - first }, (_, at) => drawRow(first + at)));
    if (focused != null) space.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  };
  const drawRow = (index: number): HTMLElement => {
    const cells = draw(index) ?? [element('span', { class: 'muted' }, '…')];
    for (const cell of cells) cell.setAttribute('role', 'cell');
    const row = element('div', { class: 'virtual-row', role: 'row', 'aria-rowindex': String(index + 1) }, cells);
    row.style.transform = `translateY(${index * rowHeight}px)`;
    row.style.height = `${rowHeight}px`;
    return row;
  };
  box.addEventListener('scroll', redraw, { passive: true });
  return {
    element: box,
    show: (all, from) => {
      total = all;
      box.setAttribute('aria-rowcount', String(all));
      box.style.height = `${Math.min(rows, Math.max(1, all)) * rowHeight + 2}px`;
      space.style.height = `${all * rowHeight}px`;
      if (from === 'top') box.scrollTop = 0;
      redraw();
    },
  };
};
