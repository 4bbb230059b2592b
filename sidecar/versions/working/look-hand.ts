import { indexPath } from './data-location.ts';
import type { Hand } from './hand.ts';
import { mergePart, trustAll } from './look-part.ts';
import { openStandIn } from './stand-in.ts';
import { emptyStatIndex, openStatIndex } from './stat-index.ts';
import type { ThreadRole } from './thread-messages.ts';
import { walkUnits } from './walk.ts';

/** Files between two words about how many there are. */
const TOLD_FILES = 1_024;

export const openLooker = (look: ThreadRole & { readonly role: 'look' }, onFiles: (files: number) => void): Hand => {
  const standIn = openStandIn();
  const index = openStatIndex(indexPath(look)) ?? emptyStatIndex;
  return {
    discard: () => undefined,
    do: (order) => {
      if (order.type !== 'look') throw new Error('One that looks does nothing else.');
      const { data, files, emptyFolders, repositories } = walkUnits(
        look.root,
        look.path,
        order.units,
        standIn !== null,
      );
      const merge = mergePart(look.drafts, index, order.range, trustAll);
      const addAll = () => {
        for (const file of files) {
          merge.add(file);
          if (merge.counts.files % TOLD_FILES === 0) onFiles(TOLD_FILES);
        }
      };
      try {
        if (standIn === null) addAll();
        else standIn(data, addAll);
        return { type: 'look', part: merge.end(), besides: { emptyFolders, repositories } };
      } catch (error) {
        merge.discard();
        throw error;
      }
    },
  };
};
