import type { Hash } from '../../contract/ids.ts';
import type { Blobs } from '../store/blobs.ts';
import { CHUNK_MAX } from '../store/chunker.ts';
import { decodeList, type VersionFile } from './nodes.ts';

/** A piece of a file by the name of its bytes: a chunk at level 0, above it a node of the list with all below it. */
export interface FilePart {
  readonly id: Hash;
  readonly bytes: number;
  readonly level: number;
}

/** A file as the names of its pieces. */
export interface FileParts {
  /** In the order of the file; together they are all of it. */
  readonly parts: readonly FilePart[];
  /** What a node names: pieces of a lower level. */
  readonly below: (part: FilePart) => readonly FilePart[];
}

/** Bytes of a file from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes that differ, with where they stand on either side; one of the two may be empty. */
export interface DifferingRange {
  readonly from: ByteRange;
  readonly to: ByteRange;
}

/** The pieces of a file of a version. @throws Fault `store-damaged` */
export const partsOf = (
  blobs: Pick<Blobs, 'get'>,
  { content, size }: Pick<VersionFile, 'content' | 'size'>,
): FileParts => {
  const below = (id: Hash): readonly FilePart[] => {
    const { level, children } = decodeList(id, blobs.get(id));
    return children.map((child) => ({ ...child, level }));
  };
  return {
    parts: size <= CHUNK_MAX ? [{ id: content, bytes: size, level: 0 }] : below(content),
    below: ({ id }) => below(id),
  };
};

/**
 * Where two files differ, to the chunk, in ascending order. What lies between two of the ranges, before the first and
 * behind the last is equal and equally long on both sides. Pieces that occur once on each side, in the longest run that
 * is in order on both (patience diff), are taken for the same; only nodes between those are read.
 * @throws Fault `store-damaged`
 */
export const differingRanges = (from: FileParts, to: FileParts): Generator<DifferingRange, void> =>
  between({ file: from, parts: from.parts, start: 0 }, { file: to, parts: to.parts, start: 0 });

/** Pieces that lie next to each other. */
interface Run {
  readonly file: FileParts;
  readonly parts: readonly FilePart[];
  readonly start: number;
}

const between = function* (from: Run, to: Run): Generator<DifferingRange, void> {
  const [old, now] = trimEqual(from, to);
  if (old.parts.length === 0 && now.parts.length === 0) return;
  const level = Math.max(...[...old.parts, ...now.parts].map((part) => part.level));
  const anchors = commonInOrder(old.parts, now.parts);
  if (anchors.length > 0) {
    let done = { from: 0, to: 0 };
    for (const { from: at, to: other } of [...anchors, { from: old.parts.length, to: now.parts.length }]) {
      yield* between(slice(old, done.from, at), slice(now, done.to, other));
      done = { from: at + 1, to: other + 1 };
    }
  } else if (level === 0 || old.parts.length === 0 || now.parts.length === 0) {
    yield { from: rangeOf(old), to: rangeOf(now) };
  } else yield* between(opened(old, level), opened(now, level));
};

/** Without what both begin and end with. */
const trimEqual = (from: Run, to: Run): readonly [Run, Run] => {
  const most = Math.min(from.parts.length, to.parts.length);
  let first = 0;
  while (first < most && from.parts[first]?.id === to.parts[first]?.id) first++;
  let last = 0;
  while (last < most - first && from.parts.at(-1 - last)?.id === to.parts.at(-1 - last)?.id) last++;
  return [slice(from, first, from.parts.length - last), slice(to, first, to.parts.length - last)];
};

const slice = ({ file, parts, start }: Run, from: number, to: number): Run => ({
  file,
  parts: parts.slice(from, to),
  start: start + bytesOf(parts.slice(0, from)),
});

const bytesOf = (parts: readonly FilePart[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

const rangeOf = ({ parts, start }: Run): ByteRange => ({ start, end: start + bytesOf(parts) });

/** With what the nodes of the highest level name in their place. */
const opened = ({ file, parts, start }: Run, level: number): Run => ({
  file,
  parts: parts.flatMap((part) => (part.level === level ? file.below(part) : [part])),
  start,
});

interface Anchor {
  readonly from: number;
  readonly to: number;
}

/** Places of pieces that occur once on each side: of them the longest run that ascends on both. */
const commonInOrder = (from: readonly FilePart[], to: readonly FilePart[]): readonly Anchor[] => {
  const places = onlyPlaces(to);
  const found: Anchor[] = [];
  for (const [id, at] of onlyPlaces(from)) {
    const other = places.get(id);
    if (other !== undefined) found.push({ from: at, to: other });
  }
  return longestAscending(found);
};

/** In the order in which they stand. */
const onlyPlaces = (parts: readonly FilePart[]): ReadonlyMap<Hash, number> => {
  const places = new Map<Hash, number>();
  const repeated = new Set<Hash>();
  for (const [at, { id }] of parts.entries()) {
    if (places.has(id)) repeated.add(id);
    else places.set(id, at);
  }
  for (const id of repeated) places.delete(id);
  return places;
};

/** The longest ascending subsequence by `to`, by patience sorting (Fredman, 1975). @param anchors ascending by `from` */
const longestAscending = (anchors: readonly Anchor[]): readonly Anchor[] => {
  /** Of each length the run that ends lowest: its last anchor, by index. */
  const ends: number[] = [];
  const before = anchors.map((anchor, at) => {
    let low = 0;
    for (let high = ends.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((anchors[ends[middle] ?? 0]?.to ?? 0) < anchor.to) low = middle + 1;
      else high = middle;
    }
    ends[low] = at;
    return low === 0 ? -1 : (ends[low - 1] ?? -1);
  });
  const longest: Anchor[] = [];
  for (let at = ends.at(-1) ?? -1; at !== -1; at = before[at] ?? -1) longest.push(anchors[at] as Anchor);
  return longest.reverse();
};
