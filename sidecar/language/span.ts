/** A half-open range of a text, in UTF-16 code units from its beginning. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Keys and indices from the root of a document. */
export type Path = readonly (string | number)[];

/** `optimizer.lr`, `gates[0].metric`; empty for the root. */
export const showPath = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
