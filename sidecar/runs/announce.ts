import type { Announcement, SidecarEvent } from '../contract/events.ts';

export interface Announcements {
  readonly announce: (announcement: Announcement) => void;
  /** @returns stops the listener. */
  readonly subscribe: (listener: (event: SidecarEvent) => void) => () => void;
}

/** Numbers and times every event and hands it to all who listen. */
export const createAnnouncements = (clock: () => number = Date.now): Announcements => {
  const listeners = new Set<(event: SidecarEvent) => void>();
  let seq = 0;
  return {
    announce: (announcement) => {
      seq += 1;
      const event: SidecarEvent = { ...announcement, seq, at: clock() };
      for (const listener of listeners) listener(event);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
