/** Numbers a slot. */
export interface RingSize {
  readonly slots: number;
  readonly inputs: number;
  readonly targets: number;
}

/** Memory that the maker threads and the engine share: slots for batches, and whose turn it is at each. */
export interface Ring {
  readonly size: RingSize;
  readonly memory: SharedArrayBuffer;
  readonly turns: SharedArrayBuffer;
}

/**
 * Batch number n, counted from the first that is wanted, lies in slot n modulo the slots. The turn of a slot counts how
 * often it was filled and emptied: 2r before its batch of round r is made, 2r + 1 until that is taken. Whoever comes out
 * of turn sleeps.
 */
export interface RingSlots {
  /** Waits for its turn. @returns arrays to fill; null when nothing is wanted any more */
  readonly fill: (number: number) => Slot | null;
  /** Waits until the batch is made. @returns null when it was not within the time */
  readonly take: (number: number, patienceMs: number) => Slot | null;
  /** Tells all who wait that nothing is wanted any more. */
  readonly stop: () => void;
  readonly stopped: () => boolean;
}

export interface Slot {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  /** Hands the slot on. */
  readonly done: () => void;
}

const STOPPED = 0;
/** Turns stand behind the word that says stop. */
const TURNS = 1;
/** Wakes a waiting maker now and then, so that it sees a stop that came between its look and its sleep. */
const LOOK_EVERY_MS = 100;

export const createRing = (size: RingSize): Ring => ({
  size,
  memory: new SharedArrayBuffer(size.slots * (size.inputs + size.targets) * Float32Array.BYTES_PER_ELEMENT),
  turns: createTurns(size.slots),
});

export const createTurns = (slots: number): SharedArrayBuffer =>
  new SharedArrayBuffer((TURNS + slots) * Int32Array.BYTES_PER_ELEMENT);

export const openRing = ({ size, memory, turns }: Ring): RingSlots => {
  const words = new Int32Array(turns);
  const slotOf = (number: number): Slot => {
    const slot = number % size.slots;
    const from = slot * (size.inputs + size.targets) * Float32Array.BYTES_PER_ELEMENT;
    return {
      inputs: new Float32Array(memory, from, size.inputs),
      targets: new Float32Array(memory, from + size.inputs * Float32Array.BYTES_PER_ELEMENT, size.targets),
      done: () => {
        Atomics.add(words, TURNS + slot, 1);
        Atomics.notify(words, TURNS + slot);
      },
    };
  };
  const stopped = () => Atomics.load(words, STOPPED) === 1;
  /** @returns whether the turn came */
  const comesTo = (number: number, turn: number, until: () => boolean): boolean => {
    const word = TURNS + (number % size.slots);
    for (;;) {
      const now = Atomics.load(words, word);
      if (now === turn) return true;
      if (until()) return false;
      Atomics.wait(words, word, now, LOOK_EVERY_MS);
    }
  };
  const roundOf = (number: number) => Math.floor(number / size.slots);
  return {
    fill: (number) => (comesTo(number, 2 * roundOf(number), stopped) && !stopped() ? slotOf(number) : null),
    take: (number, patienceMs) => {
      const asked = performance.now();
      const isLate = () => stopped() || performance.now() - asked > patienceMs;
      return comesTo(number, 2 * roundOf(number) + 1, isLate) ? slotOf(number) : null;
    },
    stop: () => {
      Atomics.store(words, STOPPED, 1);
      for (let slot = 0; slot < size.slots; slot++) Atomics.notify(words, TURNS + slot);
    },
    stopped,
  };
};
