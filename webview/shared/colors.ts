/** The editor's chart colours, in the order in which lines take them. Orange is left out: many themes make it translucent. */
const names = ['blue', 'yellow', 'green', 'purple', 'red'] as const;

/** Dashes in pixels; with more lines than colours, and always in high contrast, the dash tells lines apart. */
const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [12, 5]];

export const isHighContrast = (): boolean =>
  document.body.classList.contains('vscode-high-contrast') ||
  document.body.classList.contains('vscode-high-contrast-light');

/** A colour of the theme, read when it is drawn, so that a change of theme shows at the next drawing. */
export const themeColor = (name: string): string =>
  getComputedStyle(document.body).getPropertyValue(`--vscode-${name}`).trim() || getComputedStyle(document.body).color;

export const lineColor = (index: number): string => themeColor(`charts-${names[index % names.length] ?? 'blue'}`);

export const lineDash = (index: number): number[] => {
  const turn = isHighContrast() ? index : Math.floor(index / names.length);
  return [...(dashes[turn % dashes.length] ?? [])];
};

/** Calls back after each change of the theme. */
export const onTheme = (redraw: () => void): void => {
  const attributes = ['class', 'data-vscode-theme-id', 'style'];
  new MutationObserver(redraw).observe(document.body, { attributes: true, attributeFilter: attributes });
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
};
