import { setImmediate as nextTurn } from 'node:timers/promises';
import { openHand } from '../../../../sidecar/versions/working/open-hand.ts';
import type { Hands } from '../../../../sidecar/versions/working/hands.ts';
import type { ThreadRole } from '../../../../sidecar/versions/working/thread-messages.ts';

/** Two hands of this thread, which take turns and answer later, as threads do. */
export const twoHands = (role: ThreadRole, onDone: (amount: number) => void = () => undefined): Hands => {
  const hands = [openHand(role, onDone), openHand(role, onDone)] as const;
  let asked = 0;
  return {
    ask: async (order) => {
      const hand = hands[asked++ % 2]!;
      await nextTurn();
      return (await hand).do(order) as never;
    },
    commit: async () => {
      for (const hand of hands) (await hand).do({ type: 'commit' });
    },
    close: async () => {
      for (const hand of hands) (await hand).discard();
    },
    count: 2,
    busyWith: 4,
  };
};
