import { readSync, openSync, statSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { Hash } from '../../../../sidecar/contract/ids.ts';
import type { ComparedState } from '../../../../sidecar/datasets/difference/compare-data.ts';
import { chunkId } from '../../../../sidecar/versions/store/blob-id.ts';
import { chunksOf } from '../../../../sidecar/versions/tree/chunk-list.ts';
import type { FileParts } from '../../../../sidecar/versions/tree/differing-ranges.ts';
import { compareStates } from '../../../support/compare-states.ts';

/** Compares `<root>/from.csv` with `<root>/to.csv` as two states of one file, and says what it found and took. */
const [root = ''] = process.argv.slice(2);

const pieces = function* (path: string): Generator<Buffer, void> {
  const file = openSync(path, 'r');
  for (;;) {
    const piece = Buffer.allocUnsafe(1 << 17);
    const read = readSync(file, piece);
    if (read === 0) break;
    yield piece.subarray(0, read);
  }
  closeSync(file);
};

const partsOf = (path: string): FileParts => ({
  parts: Array.from(chunksOf(pieces(path)), (bytes) => ({ id: chunkId(bytes), bytes: bytes.length, level: 0 })),
  below: () => [],
});

const stateOf = (name: string, digit: string): ComparedState => {
  const path = join(root, name);
  const file = { path: 't.csv', size: statSync(path).size, content: Hash.parse(digit.repeat(64)), executable: false };
  const unused = () => {
    throw new Error('a table is read in pieces');
  };
  return {
    type: 'file',
    kind: 'csv',
    files: () => [file],
    contents: { pieces: () => pieces(path), get: unused, open: unused, parts: () => partsOf(path) },
  };
};

const { tables } = await compareStates(root, {
  path: 'data/t.csv',
  from: stateOf('from.csv', '0'),
  to: stateOf('to.csv', '1'),
});
const [table] = tables;
process.stdout.write(
  JSON.stringify({
    rows: table?.rows,
    key: table?.key,
    flipped: table?.labels?.flipped,
    rss: process.resourceUsage().maxRSS * 1024,
  }),
);
