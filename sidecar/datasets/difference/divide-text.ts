import type { OpenContent } from '../../versions/tree/contents.ts';
import type { ByteRange, DifferingRange } from '../../versions/tree/differing-ranges.ts';
import { scanEdges, type RecordEnds } from './record-edges.ts';
import { walkRuns, type RunWalk } from './text-runs.ts';

/** A part of two texts: whole records that both have, where they stand in the older one, or whole records of either. */
export type TextPart = { readonly common: ByteRange } | { readonly differing: DifferingRange };

export interface TextOrder {
  readonly from: OpenContent;
  readonly to: OpenContent;
  /** In ascending order; what is between them is equal. */
  readonly ranges: readonly DifferingRange[];
  readonly ends: RecordEnds;
  /** Through the older one. */
  readonly walk: RunWalk;
  /** Bytes of the beginning in which no record is; what differs lies behind them. */
  readonly headBytes: number;
}

const PIECE_BYTES = 1 << 20;

/** Bytes of a range, in pieces. */
export const readRange = function* (file: OpenContent, { start, end }: ByteRange): Generator<Buffer, void> {
  for (let at = start; at < end; at += PIECE_BYTES) yield Buffer.from(file.read(at, Math.min(end, at + PIECE_BYTES)));
};

/** The same place in both texts. */
interface Place {
  readonly from: number;
  readonly to: number;
}

/** Equal bytes of both texts, by where they begin. */
interface Equal extends Place {
  readonly bytes: number;
}

/** Where the walk through the texts is: at an edge that both have, or in a part that differs and began at one. */
type State = { readonly edge: Place } | Begun;

interface Begun {
  readonly begun: Place;
  /** Whether either side is within quotes. */
  readonly inside: { readonly from: boolean; readonly to: boolean };
}

/**
 * Divides two texts at edges of records that both have. As soon as both are at an edge in equal bytes, they are at edges
 * at the same places from there on, so that only what is around a difference is a part that differs: from the last edge
 * before it to the first one behind it that both have. Whether a place of CSV is within quotes follows from all quotes
 * before it; where the bytes are equal they are counted on one side, unless it is known where its records begin. Where the sides disagree on it behind a difference,
 * as after a quote that was inserted, they have no edge in common, and the part goes on.
 */
export const divideText = (order: TextOrder): readonly TextPart[] => {
  const parts: TextPart[] = [];
  const add = (part: TextPart): void => void parts.push(part);
  let state: State = { edge: { from: order.headBytes, to: order.headBytes } };
  for (const { equal, range } of stretchesOf(order)) {
    if ('begun' in state) state = untilEdge(order, state, equal, add);
    if ('edge' in state) state = untilDifference(order, state.edge, equal, range === null, add);
    if (range !== null && 'begun' in state) state = throughDifference(order, state, range);
  }
  if ('begun' in state) add(partUntil(state.begun, { from: order.from.bytes, to: order.to.bytes }));
  return parts;
};

export const lengthOf = ({ start, end }: ByteRange): number => end - start;

/** Equal bytes, each with what differs behind them; null behind the last. */
const stretchesOf = function* ({ from, to, ranges, headBytes }: TextOrder) {
  let at: Place = { from: headBytes, to: headBytes };
  for (const range of ranges) {
    const { from: old, to: now } = trimEqual(from, to, range);
    if (lengthOf(old) + lengthOf(now) === 0) continue;
    yield { equal: { ...at, bytes: old.start - at.from }, range: { from: old, to: now } };
    at = { from: old.end, to: now.end };
  }
  yield { equal: { ...at, bytes: from.bytes - at.from }, range: null };
};

/** Without the bytes that both begin and end with, since a chunk differs as a whole for one byte. */
const trimEqual = (from: OpenContent, to: OpenContent, range: DifferingRange): DifferingRange => {
  const { from: old, to: now } = range;
  const most = Math.min(lengthOf(old), lengthOf(now));
  const first = countEqual(
    most,
    (at, bytes) => [from.read(old.start + at, old.start + at + bytes), to.read(now.start + at, now.start + at + bytes)],
    'forwards',
  );
  const last = countEqual(
    most - first,
    (at, bytes) => [from.read(old.end - at - bytes, old.end - at), to.read(now.end - at - bytes, now.end - at)],
    'backwards',
  );
  return {
    from: { start: old.start + first, end: old.end - last },
    to: { start: now.start + first, end: now.end - last },
  };
};

const COMPARED_BYTES = 64 << 10;

/** Bytes that are equal before the first that are not, of `most`. @param read of both sides, so far from the beginning or end */
const countEqual = (
  most: number,
  read: (at: number, bytes: number) => readonly [ArrayBuffer, ArrayBuffer],
  way: 'forwards' | 'backwards',
): number => {
  for (let at = 0; at < most; at += COMPARED_BYTES) {
    const bytes = Math.min(COMPARED_BYTES, most - at);
    const [old, now] = read(at, bytes).map((part) => Buffer.from(part)) as [Buffer, Buffer];
    if (old.equals(now)) continue;
    const differs = (index: number) => old[index] !== now[index];
    let equal = 0;
    while (!differs(way === 'forwards' ? equal : bytes - 1 - equal)) equal++;
    return at + equal;
  }
  return most;
};

type Add = (part: TextPart) => void;

/** Within a part that differs, to the first edge that both sides have in equal bytes. */
const untilEdge = (order: TextOrder, { begun, inside }: Begun, equal: Equal, add: Add): State => {
  const range = { start: equal.from, end: equal.from + equal.bytes };
  const agree = order.ends === 'lines' || inside.from === inside.to;
  const scan = scanEdges(order.ends, inside.from);
  for (const piece of readRange(order.from, range)) {
    scan.push(piece);
    const edge = scan.first();
    if (edge === null || !agree) continue;
    const place = { from: equal.from + edge, to: equal.to + edge };
    add(partUntil(begun, place));
    return { edge: place };
  }
  const turned = scan.isInside() !== inside.from;
  return { begun, inside: { from: inside.from !== turned, to: inside.to !== turned } };
};

const partUntil = (begun: Place, end: Place): TextPart => ({
  differing: { from: { start: begun.from, end: end.from }, to: { start: begun.to, end: end.to } },
});

/** From an edge through equal bytes: up to their last edge they are a part that both have. */
const untilDifference = (order: TextOrder, edge: Place, equal: Equal, isLast: boolean, add: Add): State => {
  const range = { start: edge.from, end: equal.from + equal.bytes };
  if (isLast) {
    add({ common: range });
    return { edge };
  }
  const { last, isInside } = order.ends === 'csv' ? lastOfCsv(order, range) : lastOfLines(order.from, range);
  add({ common: { start: range.start, end: range.start + last } });
  return { begun: { from: edge.from + last, to: edge.to + last }, inside: { from: isInside, to: isInside } };
};

/** The last edge of a range that begins at one, and whether its end is within quotes. */
const lastOfCsv = ({ walk }: TextOrder, range: ByteRange) => {
  let end = null;
  for (const step of walkRuns(walk, range)) end = step;
  if (end === null) return { last: 0, isInside: false };
  const { start, end: last } = end.range;
  if (end.facts !== null) return { last: last - range.start, isInside: false };
  const scan = scanEdges('csv', false);
  scan.push(end.bytes());
  return { last: start - range.start + (scan.last() ?? 0), isInside: scan.isInside() };
};

const lastOfLines = (file: OpenContent, { start, end }: ByteRange) => {
  for (let behind = end; behind > start; behind -= COMPARED_BYTES) {
    const at = Math.max(start, behind - COMPARED_BYTES);
    const found = Buffer.from(file.read(at, behind)).lastIndexOf('\n');
    if (found !== -1) return { last: at + found + 1 - start, isInside: false };
  }
  return { last: 0, isInside: false };
};

const throughDifference = ({ from, to, ends }: TextOrder, { begun, inside }: Begun, range: DifferingRange): Begun => ({
  begun,
  inside: { from: through(from, range.from, ends, inside.from), to: through(to, range.to, ends, inside.to) },
});

const through = (file: OpenContent, range: ByteRange, ends: RecordEnds, inside: boolean): boolean => {
  const scan = scanEdges(ends, inside);
  for (const piece of readRange(file, range)) scan.push(piece);
  return scan.isInside();
};
