import type { ThreadAnswer, ThreadOrder } from './thread-messages.ts';

/** What one thread does: order after order. */
export interface Hand {
  /** @throws Fault `dataset-unreadable` */
  readonly do: (order: ThreadOrder) => ThreadAnswer;
  /** Gives up what is not committed. */
  readonly discard: () => void;
}
