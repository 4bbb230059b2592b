import { createGearScanner, GEAR_WINDOW } from './gear-scanner.ts';

/** Bounds of a chunk in bytes; on average it has about 64 KiB. A file of at most the largest is one chunk. */
export const CHUNK_MIN = 8 * 1024;
export const CHUNK_MAX = 128 * 1024;

/** Cuts a stream where its content says so: an edit changes the chunks around it and no others. */
export interface Chunker {
  /** Chunks that are complete with these bytes. Each is valid until the next one is asked for. */
  readonly push: (bytes: Uint8Array) => Iterable<Uint8Array>;
  /** The rest. @returns null when there is none */
  readonly end: () => Uint8Array | null;
}

/**
 * The same cuts however the stream is fed, and the same as Xet's: a chunk ends at the first match of the gear hash
 * from its 8,192nd byte on, or at its 131,072nd. A match before the smallest size is passed over, not kept for later.
 */
export const startChunker = (): Chunker => {
  const cuts = startCuts();
  const carry = Buffer.allocUnsafeSlow(CHUNK_MAX);
  let carried = 0;

  const keep = (bytes: Uint8Array) => {
    carry.set(bytes, carried);
    carried += bytes.length;
  };
  const take = (): Uint8Array => {
    const whole = carry.subarray(0, carried);
    carried = 0;
    return whole;
  };
  return {
    push: function* (bytes) {
      let start = 0;
      for (let cut = cuts.next(bytes, 0); cut !== -1; cut = cuts.next(bytes, cut)) {
        const part = bytes.subarray(start, cut);
        start = cut;
        if (carried === 0) yield part;
        else {
          keep(part);
          yield take();
        }
      }
      keep(bytes.subarray(start));
    },
    end: () => (carried === 0 ? null : take()),
  };
};

/**
 * Where the first chunk of these bytes ends.
 * @param bytes at least the longest chunk, or all that there is
 */
export const firstCut = (bytes: Uint8Array): number => {
  const cut = startCuts().next(bytes, 0);
  return cut === -1 ? bytes.length : cut;
};

/** Positions of cuts, one after the other. */
const startCuts = () => {
  const scanner = createGearScanner();
  /** Bytes of the chunk that is not complete. */
  let length = 0;

  const cutAt = (position: number): number => {
    length = 0;
    return position;
  };
  /** First match from `at` on that is not too early, or the end of the largest chunk; −1 when there is neither. */
  const scan = (bytes: Uint8Array, at: number): number => {
    const end = Math.min(bytes.length, at + CHUNK_MAX - length);
    for (let from = at; from < end;) {
      const match = scanner.next(bytes, from, end);
      if (match === -1) break;
      if (length + match - at >= CHUNK_MIN) return cutAt(match);
      from = match;
    }
    length += end - at;
    return length === CHUNK_MAX ? cutAt(end) : -1;
  };
  return {
    /** @returns the next cut behind `at`, or −1 when the rest of the bytes belongs to a chunk that goes on */
    next: (bytes: Uint8Array, at: number): number => {
      // What cannot end a chunk is not scanned, but for the bytes that the first possible match depends on.
      const skipped = Math.min(bytes.length - at, Math.max(0, CHUNK_MIN - GEAR_WINDOW - length));
      length += skipped;
      return at + skipped === bytes.length ? -1 : scan(bytes, at + skipped);
    },
  };
};
