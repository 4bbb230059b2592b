import type { Hash } from '../../contract/ids.ts';
import type { PackShare } from './receive.ts';
import type { RemotePacks } from './remote-packs.ts';

/** Gathers by pack where blobs lie in a remote: a few bytes each, since there may be millions. */
export const startShares = (remote: RemotePacks) => {
  const byPack = new Map<Hash, number[]>();
  return {
    /** @returns false for a blob that is in none of the packs */
    add: (id: Hash): boolean => {
      const place = remote.find(id);
      if (place === undefined) return false;
      const offsets = byPack.get(place.pack);
      if (offsets === undefined) byPack.set(place.pack, [place.offset]);
      else offsets.push(place.offset);
      return true;
    },
    finish: (): PackShare[] =>
      Array.from(byPack, ([pack, offsets]) => ({
        pack,
        index: remote.index(pack),
        offsets: Uint32Array.from(offsets).sort(),
      })),
  };
};
