import { element, type Child } from './element.ts';

/** A part of a page that is drawn again only when what it shows has changed. */
export interface Section<Value> {
  readonly element: HTMLElement;
  readonly show: (value: Value) => void;
}

/**
 * Redrawing replaces all children of one section; the element that had the focus is found again by its key.
 * @param build nothing at all hides the section.
 */
export const section = <Value>(name: string, build: (value: Value) => Child): Section<Value> => {
  const container = element('section', { class: `section section-${name}`, 'data-section': name });
  let shown: string | null = null;
  return {
    element: container,
    show: (value) => {
      const next = JSON.stringify(value);
      if (next === shown) return;
      shown = next;
      const focused = container.contains(document.activeElement) ? keyOf(document.activeElement) : null;
      const children = build(value);
      container.hidden = children === null || (Array.isArray(children) && children.length === 0);
      container.replaceChildren(...flatten(children));
      if (focused !== null) container.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    },
  };
};

const keyOf = (focused: Element | null): string | null => focused?.getAttribute('data-key') ?? null;

const flatten = (child: Child): readonly (Node | string)[] => {
  if (child === null) return [];
  return typeof child === 'string' || child instanceof Node ? [child] : child.flatMap(flatten);
};
