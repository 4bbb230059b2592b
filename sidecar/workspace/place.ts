import type { Place } from '../contract/fault.ts';

/** Where a range of a text begins, as people count: from line 1 and column 1. */
export const placeOf = (file: string, text: string, span: { readonly start: number }): Place => {
  const before = text.slice(0, span.start).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};
