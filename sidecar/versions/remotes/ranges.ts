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
/** A part takes some hundred bytes of memory, however small it is. */
const RANGE_PARTS = 2_048;

interface OpenRange<Part> {
  start: number;
  end: number;
  readonly parts: Part[];
}

interface RangeLimits {
  /** Bytes between two parts that may be read for nothing. */
  readonly gap?: number;
  /** Bytes of a request. */
  readonly longest?: number;
  /** Parts of a request. */
  readonly most?: number;
}

/**
 * Joins what lies close together into few requests, none of them large unless one part alone is. No more than a request
 * is held at a time.
 * @param parts by rising start, none across another
 */
export const joinRanges = function* <Part extends Span>(
  parts: Iterable<Part>,
  { gap = GAP_BYTES, longest = RANGE_BYTES, most = RANGE_PARTS }: RangeLimits = {},
): Generator<Range<Part>, void> {
  let open: OpenRange<Part> | undefined;
  const fits = ({ start, end, parts: has }: OpenRange<Part>, part: Part): boolean =>
    part.start - end <= gap && part.end - start <= longest && has.length < most;
  for (const part of parts) {
    if (open !== undefined && fits(open, part)) {
      open.parts.push(part);
      open.end = part.end;
      continue;
    }
    if (open !== undefined) yield open;
    open = { start: part.start, end: part.end, parts: [part] };
  }
  if (open !== undefined) yield open;
};
