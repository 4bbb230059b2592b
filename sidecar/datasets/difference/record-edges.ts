/** How records of a text end: at every line break, or, as in CSV, at those outside quotes. */
export type RecordEnds = 'lines' | 'csv';

/**
 * Looks for edges of records in bytes that come piece by piece: places right behind a line break, and in CSV outside
 * quotes. In CSV that can be read, a quote only opens a field, closes it, or is doubled within one, so that a place is
 * outside quotes where their number since an edge is even. CSV that cannot be read may have edges elsewhere; it is then
 * refused by its reader in whatever pieces it is given, since up to the first fault the edges are those of its records.
 */
export interface EdgeScan {
  readonly push: (piece: Uint8Array) => void;
  /** Bytes before the first edge that was found; null as long as there is none. */
  readonly first: () => number | null;
  readonly last: () => number | null;
  /** Whether what follows is within quotes. */
  readonly isInside: () => boolean;
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/** @param isInside whether the first byte is within quotes */
export const scanEdges = (ends: RecordEnds, isInside: boolean): EdgeScan => {
  let inside = isInside;
  let passed = 0;
  let first: number | null = null;
  let last: number | null = null;
  const seeEdge = (edge: number): void => {
    first ??= edge;
    last = edge;
  };
  /** Bytes among which there is no quote. */
  const seePlain = (bytes: Uint8Array, start: number, end: number): void => {
    if (inside) return;
    const part = bytes.subarray(start, end);
    const low = first === null ? part.indexOf(LINE_FEED) : -1;
    if (low !== -1) seeEdge(passed + start + low + 1);
    const high = part.lastIndexOf(LINE_FEED);
    if (high !== -1) seeEdge(passed + start + high + 1);
  };
  return {
    push: (piece) => {
      let start = 0;
      if (ends === 'csv') {
        for (let quote = piece.indexOf(QUOTE); quote !== -1; quote = piece.indexOf(QUOTE, start)) {
          seePlain(piece, start, quote);
          inside = !inside;
          start = quote + 1;
        }
      }
      seePlain(piece, start, piece.length);
      passed += piece.length;
    },
    first: () => first,
    last: () => last,
    isInside: () => inside,
  };
};
