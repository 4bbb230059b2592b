import type { Hash } from '../../contract/ids.ts';
import type { ListChild } from './nodes.ts';

/** A place in the chunks of a file as it was, moved on by the chunks of the file as it is. */
export interface FollowedList {
  /** The chunk that comes next if the file goes on as it did; null when nothing says so. */
  readonly expected: () => ExpectedChunk | null;
  /** The chunk that came. */
  readonly passed: (id: Hash) => void;
}

export interface ExpectedChunk extends ListChild {
  /** It ended with its file, and would perhaps go on in a longer one. */
  readonly isLast: boolean;
}

/** Chunks among which one that comes again is found: half a gigabyte of a file, in two megabytes of memory. */
const CHUNKS_AHEAD = 8_192;

export const followList = (former: Iterable<ListChild>): FollowedList => {
  const source = former[Symbol.iterator]();
  const places = new Map<Hash, number>();
  let ahead: ListChild[] = [];
  /** Place of the first of `ahead`. */
  let first = 0;
  /** Place of the one that is expected. */
  let at = 0;
  let isEnded = false;
  /** Chunks in a row that are none of those ahead. The first is taken for the one that was expected, changed. */
  let missed = 0;

  const fill = (): void => {
    while (!isEnded && ahead.length - (at - first) < CHUNKS_AHEAD) {
      const next = source.next();
      if (next.done === true) isEnded = true;
      else {
        const place = first + ahead.push(next.value) - 1;
        if (!places.has(next.value.id)) places.set(next.value.id, place);
      }
    }
  };
  const goTo = (place: number): void => {
    for (; at < place && at - first < ahead.length; at++) {
      const { id } = ahead[at - first] as ListChild;
      if (places.get(id) === at) places.delete(id);
    }
    if (at - first >= CHUNKS_AHEAD) {
      ahead = ahead.slice(at - first);
      first = at;
    }
    fill();
  };
  const expected = (): ExpectedChunk | null => {
    const next = missed > 1 ? undefined : ahead[at - first];
    return next === undefined ? null : { ...next, isLast: isEnded && at - first === ahead.length - 1 };
  };
  fill();
  return {
    expected,
    passed: (id) => {
      const place = expected()?.id === id ? at : places.get(id);
      missed = place === undefined ? missed + 1 : 0;
      if (place !== undefined) goTo(place + 1);
      else if (missed === 1) goTo(at + 1);
    },
  };
};
