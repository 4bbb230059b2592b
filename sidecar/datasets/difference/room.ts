/** Room for so many bytes that work is done on at once. */
export interface Room {
  /** Resolves when there is room, in the order of those who ask; into an empty one also who is larger. */
  readonly enter: (bytes: number) => Promise<void>;
  readonly leave: (bytes: number) => void;
}

export const createRoom = (most: number): Room => {
  const waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  let taken = 0;
  const letIn = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (taken > 0 && taken + first.bytes > most) return;
      waiting.shift();
      taken += first.bytes;
      first.enter();
    }
  };
  return {
    enter: (bytes) =>
      new Promise((enter) => {
        waiting.push({ bytes, enter });
        letIn();
      }),
    leave: (bytes) => {
      taken -= bytes;
      letIn();
    },
  };
};
