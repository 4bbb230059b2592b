import { hash } from 'node:crypto';
import type { Cell } from '../cells.ts';

/** Bytes of a name: half a SHA-256, so that no two rows of any table share one, by chance or by intent. */
export const NAME_BYTES = 16;

/** The text of a cell by which it is compared: `3` and `"3"` are equal, a missing value and an empty text are not. */
export const cellText = (cell: Cell | undefined): string | null =>
  cell === null || cell === undefined ? null : String(cell);

/**
 * The name of some cells of a row, in the given order of columns; equal cells have equal names. Its bytes are the
 * characters of a text, which takes less memory than a buffer.
 */
export const nameCells = (cells: readonly Cell[], columns: readonly number[]): string =>
  hash('sha256', JSON.stringify(columns.map((column) => cellText(cells[column]))), 'binary').slice(0, NAME_BYTES);

/** The part of `parts` that a name belongs to. */
export const partOfName = (name: string, parts: number): number =>
  (name.charCodeAt(0) + 256 * name.charCodeAt(1) + 65_536 * name.charCodeAt(2)) % parts;

/** Names of rows that are looked for among many others. */
export interface Names {
  /** The columns that name a row. */
  readonly columns: readonly number[];
  readonly has: (cells: readonly Cell[]) => boolean;
  /** Whether a row whose columns have this `hashText` could be among them. */
  readonly mayHave: (hash: number) => boolean;
  /** Whether a row could be among them whose cell in a column is one of these numbers; null for a cell of any sort. */
  readonly mayBeWithin: (column: number, span: Span | null) => boolean;
}

export interface Span {
  readonly least: number;
  readonly most: number;
}

/** @param columns that name a row */
export const collectNames = (columns: readonly number[]) => {
  const names = new Set<string>();
  const hashes = new Set<number>();
  const inOrder = [...columns].sort((a, b) => a - b);
  const numbers = new Map(columns.map((column): [number, number[] | null] => [column, []]));
  const hashOf = (cells: readonly Cell[]): number =>
    inOrder.reduce((hash, column) => hashText(cellText(cells[column]) ?? '', hash), HASH_SEED);
  return {
    add: (cells: readonly Cell[]): void => {
      names.add(nameCells(cells, columns));
      hashes.add(hashOf(cells));
      for (const [column, seen] of numbers) {
        const number = numberIn(cells[column]);
        if (number === null) numbers.set(column, null);
        else seen?.push(number);
      }
    },
    finish: (): Names => {
      const mayHave = sieveOf(hashes);
      const ascending = new Map(
        Array.from(numbers, ([column, seen]) => [column, seen === null ? null : Float64Array.from(seen).sort()]),
      );
      return {
        columns,
        mayHave,
        has: (cells) => mayHave(hashOf(cells)) && names.has(nameCells(cells, columns)),
        mayBeWithin: (column, span) => {
          const seen = ascending.get(column) ?? null;
          return span === null || seen === null || hasOneWithin(seen, span);
        },
      };
    },
  };
};

/** Of no row. */
export const NO_SPAN: Span = { least: Number.MAX_VALUE, most: -Number.MAX_VALUE };

/** With one row more. @param number null for a cell that is none */
export const widenSpan = (span: Span | null, number: number | null): Span | null => {
  if (span === null || number === null) return null;
  if (number >= span.least && number <= span.most) return span;
  return { least: Math.min(span.least, number), most: Math.max(span.most, number) };
};

const hasOneWithin = (ascending: Float64Array, { least, most }: Span): boolean => {
  let low = 0;
  for (let high = ascending.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return (ascending[low] ?? Infinity) <= most;
};

export const MOST_DIGITS = 15;
const digits = /^\d{1,15}$/;

/** The number in a cell, by which rows are told apart: equal cells have equal ones, also text of up to 15 digits. */
export const numberIn = (cell: Cell | undefined): number | null => {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : null;
  return typeof cell === 'string' && digits.test(cell) ? Number(cell) : null;
};

/** 32-bit FNV-1a over UTF-16 units; of the columns of a row in the order of the table, one after the other. */
export const HASH_SEED = 0x811c9dc5;
export const HASH_FACTOR = 0x01000193;

const hashText = (text: string, seed: number): number => {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), HASH_FACTOR);
  return hash;
};

/** Bits of the sieve for each hash in it, so that one of some hundred others passes. */
const SIEVE_BITS = 128;
const MOST_SIEVE_BITS = 2 ** 24;

/** A set of hashes that may hold a few more, in memory small enough to be looked at for every row. */
const sieveOf = (hashes: ReadonlySet<number>): ((hash: number) => boolean) => {
  const wanted = Math.min(MOST_SIEVE_BITS, Math.max(1_024, SIEVE_BITS * hashes.size));
  const bits = Math.ceil(Math.log2(wanted));
  const sieve = new Uint8Array(2 ** (bits - 3));
  // The low bits of FNV depend on the last characters only.
  const slotOf = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> (32 - bits);
  for (const hash of hashes) {
    const slot = slotOf(hash);
    sieve[slot >>> 3] = (sieve[slot >>> 3] ?? 0) | (1 << (slot & 7));
  }
  return (hash) => {
    const slot = slotOf(hash);
    return ((sieve[slot >>> 3] ?? 0) & (1 << (slot & 7))) !== 0;
  };
};
