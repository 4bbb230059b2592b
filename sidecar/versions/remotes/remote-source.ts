import { join } from 'node:path';
import { sha256Of } from '../hash.ts';
import { openStored } from '../store/blobs.ts';
import type { BlobSource } from '../store/repair.ts';
import { packKey } from './layout.ts';
import { inParallel } from './parallel.ts';
import { readRef } from './ref.ts';
import { openRemotePacks } from './remote-packs.ts';
import type { Transport } from './transport.ts';

interface RemoteSourceNeeds {
  readonly transport: Transport;
  /** What is known here of the remote. */
  readonly cache: string;
  /** Data sets whose versions may hold what is wanted. */
  readonly paths: readonly string[];
}

const READS_AT_ONCE = 8;

/** A remote as a source of blobs that are damaged or missing here: each is read by its range and checked. */
export const fromRemote = ({ transport, cache, paths }: RemoteSourceNeeds): BlobSource => ({
  bring: async (wanted, take) => {
    if (wanted.size === 0) return;
    for (const path of paths) {
      const ref = await readRef(transport, path);
      if (ref === null) continue;
      const packs = await openRemotePacks(transport, join(cache, sha256Of(path).slice(0, 16)), ref.packs);
      await inParallel(wanted.keys(), READS_AT_ONCE, async (id) => {
        const place = packs.find(id);
        if (place === undefined) return;
        const stored = await transport.read(packKey(place.pack), place.offset, place.offset + place.stored);
        const bytes = openStored(id, place, stored);
        if (bytes !== undefined) take(id, bytes);
      });
    }
  },
});
