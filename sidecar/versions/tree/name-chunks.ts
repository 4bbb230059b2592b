import type { Hash } from '../../contract/ids.ts';
import { PIECE_BYTES } from '../file-pieces.ts';
import { chunkId } from '../store/blob-id.ts';
import { CHUNK_MAX, CHUNK_MIN, firstCut } from '../store/chunker.ts';
import { followList, type ExpectedChunk } from './follow-list.ts';
import type { ListChild } from './nodes.ts';

/** A chunk with its name. The bytes are valid until the next one. */
export interface NamedChunk {
  readonly id: Hash;
  readonly bytes: Uint8Array;
}

/**
 * The chunks of a file, named. Where a chunk of the file as it was comes again, it ends where it ended then, since only
 * its own bytes decide that: its name is compared, and no end is looked for, which would take longer. The chunks are
 * the same with any former file.
 * @param read fills memory with the next bytes of the file; tells how many, 0 at its end
 * @param former chunks of the file as it was, in order; none when nothing is known
 */
export const nameChunks = function* (
  read: (into: Buffer) => number,
  former: Iterable<ListChild>,
  cut: (bytes: Uint8Array) => number = firstCut,
): Generator<NamedChunk, void> {
  const list = followList(former);
  const ahead = readAhead(read);
  for (let rest = ahead.rest(); rest.bytes.length > 0; rest = ahead.rest()) {
    const chunk = comeAgain(rest, list.expected()) ?? named(rest.bytes.subarray(0, cut(rest.bytes)));
    list.passed(chunk.id);
    yield chunk;
    ahead.pass(chunk.bytes.length);
  }
};

const named = (bytes: Uint8Array): NamedChunk => ({ id: chunkId(bytes), bytes });

/** @returns the chunk that is expected, if it has come */
const comeAgain = ({ bytes, isAll }: Rest, expected: ExpectedChunk | null): NamedChunk | null => {
  if (expected === null || expected.bytes > bytes.length) return null;
  const canEnd = expected.isLast ? isAll && expected.bytes === bytes.length : expected.bytes >= CHUNK_MIN;
  if (!canEnd) return null;
  const chunk = named(bytes.subarray(0, expected.bytes));
  return chunk.id === expected.id ? chunk : null;
};

/** The bytes of a file from a place on: at least the longest chunk, or all that are left. */
interface Rest {
  readonly bytes: Buffer;
  /** The file ends with them; false when that is not known. */
  readonly isAll: boolean;
}

const readAhead = (read: (into: Buffer) => number) => {
  const memory = Buffer.allocUnsafeSlow(CHUNK_MAX + PIECE_BYTES);
  let [start, end] = [0, 0];
  let isAll = false;
  const fill = (): void => {
    memory.copyWithin(0, start, end);
    [start, end] = [0, end - start];
    while (end < CHUNK_MAX && !isAll) {
      const more = read(memory.subarray(end, end + PIECE_BYTES));
      end += more;
      isAll = more === 0;
    }
  };
  return {
    rest: (): Rest => {
      if (end - start < CHUNK_MAX && !isAll) fill();
      return { bytes: memory.subarray(start, end), isAll };
    },
    pass: (bytes: number): void => {
      start += bytes;
    },
  };
};
