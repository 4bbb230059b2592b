import type { SharedPacks } from '../store/blobs.ts';
import type { Hand } from './hand.ts';
import type { ThreadRole } from './thread-messages.ts';

/**
 * What the role does not need is not loaded: one that looks at files has done a tenth of them before the store is there.
 * @param onDone told how much was done since the last time, in the units of the role; throws to stop
 * @param packs what another thread knows of the store
 */
export const openHand = async (
  role: ThreadRole,
  onDone: (amount: number) => void,
  packs: SharedPacks | null = null,
): Promise<Hand> => {
  switch (role.role) {
    case 'look':
      return (await import('./look-hand.ts')).openLooker(role, onDone);
    case 'read':
      return (await import('./read-hand.ts')).openReader(role, onDone, packs);
    case 'write':
      return (await import('./write-hand.ts')).openWriter(role, onDone, packs);
  }
};
