/** Lets work begin as long as what is under way takes up no more than there is room for. */
export interface Room {
  /** Resolves when there is room, in the order of those who ask; into an empty one also who is larger. */
  readonly enter: (size: number) => Promise<void>;
  readonly leave: (size: number) => void;
}

export const createRoom = (most: number): Room => {
  const waiting: { readonly size: number; readonly enter: () => void }[] = [];
  let taken = 0;
  const letIn = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (taken > 0 && taken + first.size > most) return;
      waiting.shift();
      taken += first.size;
      first.enter();
    }
  };
  return {
    enter: (size) =>
      new Promise((enter) => {
        waiting.push({ size, enter });
        letIn();
      }),
    leave: (size) => {
      taken -= size;
      letIn();
    },
  };
};
