/** Bytes of a file from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One request, and what it is for. */
export interface Range<Part extends Span> extends Span {
  readonly parts: readonly Part[];
}

/** Bytes that are read for nothing when that saves a request. */
export const GAP_BYTES = 256 << 10;
export const RANGE_BYTES = 8 << 20;

/**
 * Joins what lies close together into few requests, none of them large unless one part alone is.
 * @param parts by rising start, none across another
 */
export const joinRanges = function* <Part extends Span>(
  parts: Iterable<Part>,
  { gap = GAP_BYTES, longest = RANGE_BYTES }: { readonly gap?: number; readonly longest?: number } = {},
): Generator<Range<Part>, void> {
  let open: { start: number; end: number; parts: Part[] } | undefined;
  for (const part of parts) {
    if (open !== undefined && part.start - open.end <= gap && part.end - open.start <= longest) {
      open.parts.push(part);
      open.end = part.end;
      continue;
    }
    if (open !== undefined) yield open;
    open = { start: part.start, end: part.end, parts: [part] };
  }
  if (open !== undefined) yield open;
};
