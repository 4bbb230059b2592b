import { GEAR } from './gear.ts';
import { gearModule } from './gear-module.ts';

/**
 * Bytes that a match depends on: those before have been shifted out of the 64 bits. So segments of a file can be
 * scanned apart, each with the 64 bytes before it, and the matches are the same.
 */
export const GEAR_WINDOW = 64;

/**
 * Finds where the gear hash of the last 64 bytes has 16 leading zero bits, which random bytes do once in 64 KiB
 * (Xia et al. 2014, “Ddelta”; the table and the mask are Xet's).
 */
export interface GearScanner {
  /**
   * Goes on scanning.
   * @returns position behind the first matching byte between `from` and `to`, after which scanning can go on; or
   *   −1 when all were scanned and none matched
   */
  readonly next: (bytes: Uint8Array, from: number, to: number) => number;
}

/** Every scanner has a state of its own; the memory is one for all of this thread. */
export const createGearScanner = (): GearScanner => {
  let state = 0n;
  return {
    next: (bytes, from, to) => {
      engine ??= startEngine();
      const { memory, next, hash } = engine;
      hash.value = state;
      try {
        for (let at = from; at < to; at += PIECE) {
          const end = Math.min(at + PIECE, to);
          memory.set(bytes.subarray(at, end), DATA);
          const found = next(DATA, DATA + end - at);
          if (found !== 0) return at + found - DATA;
        }
        return -1;
      } finally {
        state = hash.value;
      }
    },
  };
};

/** One, which stays in the second cache of a core, and is copied for few bytes behind a match. */
const PAGES = 1;
const PAGE = 65_536;
/** Behind the table of 256 numbers of 8 bytes. */
const DATA = 2_048;
const PIECE = PAGES * PAGE - DATA;

interface Engine {
  readonly memory: Uint8Array;
  readonly next: (at: number, end: number) => number;
  readonly hash: { value: bigint };
}

let engine: Engine | undefined;

/** As much of the standard's interface as is used; the compiler knows it for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const startEngine = (): Engine => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(gearModule(PAGES)));
  const { memory, state, next } = exports as {
    memory: { readonly buffer: ArrayBuffer };
    state: Engine['hash'];
    next: Engine['next'];
  };
  new BigUint64Array(memory.buffer, 0, GEAR.length).set(GEAR);
  return { memory: new Uint8Array(memory.buffer), next, hash: state };
};
