import { readFileSync } from 'node:fs';
import type { Hash } from '../../contract/ids.ts';
import type { Transfer } from '../../contract/remote.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { withFile } from './file-source.ts';
import { indexKey, packKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import type { PacksThere } from './remote-packs.ts';
import { countBytes } from './traffic.ts';
import { sourceOf, type Transport } from './transport.ts';

/** A pack that is to be brought to a remote. */
export interface OutgoingPack {
  readonly name: Hash;
  /** Path without its ending. */
  readonly path: string;
  readonly bytes: number;
}

const PACKS_AT_ONCE = 4;
const INDEXES_AT_ONCE = 16;

/**
 * Brings packs to a remote, and then their indexes.
 * @returns what went over the wire
 */
export const sendPacks = async (
  packs: readonly OutgoingPack[],
  there: PacksThere,
  transport: Transport,
  context: JobContext,
): Promise<Pick<Transfer, 'bytes' | 'objects'>> => {
  const total = packs.reduce((sum, { bytes }) => sum + bytes, 0);
  const traffic = countBytes(total, 'pushed', context);
  const sent = { bytes: 0, objects: 0 };
  await inParallel(packs, PACKS_AT_ONCE, async ({ name, path, bytes }) => {
    // An earlier try may have brought it there and not come to the list of versions.
    if (there.bytesOf(name) === bytes) {
      traffic.add(bytes);
      return;
    }
    await withFile(`${path}.pack`, (source) => transport.put(packKey(name), source, traffic.add));
    sent.bytes += bytes;
    sent.objects += 1;
  });
  await inParallel(packs, INDEXES_AT_ONCE, async ({ name, path }) => {
    const index = readFileSync(`${path}.index`);
    await transport.put(indexKey(name), sourceOf(index));
    sent.bytes += index.length;
  });
  return sent;
};
