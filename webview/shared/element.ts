export type Child = Node | string | null | readonly Child[];

export interface Attributes {
  readonly class?: string;
  readonly id?: string;
  /** Finds the element again after a redraw, so that it keeps the focus. */
  readonly key?: string;
  readonly role?: string;
  readonly title?: string;
  readonly label?: string;
  readonly [attribute: `aria-${string}` | `data-${string}`]: string;
  readonly tabindex?: string;
  readonly scope?: string;
  readonly colspan?: string;
  readonly open?: string;
}

const renamed: Readonly<Record<string, string>> = { key: 'data-key', label: 'aria-label' };

/** An element with its attributes and children. Text always becomes text, never markup. */
export const element = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes) as [string, string][])
    made.setAttribute(renamed[name] ?? name, value);
  append(made, children);
  return made;
};

/** An element of a drawing. */
export const shape = <Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  append(made, children);
  return made;
};

const append = (parent: Element, children: readonly Child[]): void => {
  for (const child of children) {
    if (child === null) continue;
    if (typeof child === 'string' || child instanceof Node) parent.append(child);
    else append(parent, child);
  }
};
