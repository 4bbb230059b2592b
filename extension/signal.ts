/** Something that can be listened to. */
export interface Signal<Value> {
  /** @returns stops the listener. */
  readonly listen: (listener: (value: Value) => void) => () => void;
  readonly send: (value: Value) => void;
}

export const createSignal = <Value>(): Signal<Value> => {
  const listeners = new Set<(value: Value) => void>();
  return {
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    send: (value) => {
      for (const listener of [...listeners]) listener(value);
    },
  };
};
