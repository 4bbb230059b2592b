/**
 * Calls `act` at once, and again at most once in `everyMs` milliseconds however often it is asked to; the last
 * request is never lost.
 */
export const pace = (everyMs: number, act: () => void): { readonly ask: () => void; readonly dispose: () => void } => {
  let timer: NodeJS.Timeout | null = null;
  let asked = false;
  const rest = () => {
    timer = setTimeout(() => {
      timer = null;
      if (asked) run();
    }, everyMs);
  };
  const run = () => {
    asked = false;
    rest();
    act();
  };
  return {
    ask: () => {
      if (timer === null) run();
      else asked = true;
    },
    dispose: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
};
