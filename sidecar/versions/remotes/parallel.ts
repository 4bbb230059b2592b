/**
 * Does `act` for every item, at most `width` at once. The first failure stops what has not begun, waits for what has,
 * and is thrown.
 */
export const inParallel = async <Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  width: number,
  act: (item: Item) => Promise<void>,
): Promise<void> => {
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  const begin = (item: Item): void => {
    const work: Promise<void> = act(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(work));
    running.add(work);
  };
  try {
    for await (const item of items) {
      if (failures.length > 0) break;
      begin(item);
      if (running.size >= width) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
};

/** Lets work begin as long as what all of it holds in memory stays below a limit; the others wait their turn. */
export type Budget = <Result>(bytes: number, work: () => Promise<Result>) => Promise<Result>;

export const createBudget = (limit: number): Budget => {
  const waiting: { readonly bytes: number; readonly begin: () => void }[] = [];
  let held = 0;
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined && (held === 0 || held + next.bytes <= limit); next = waiting[0]) {
      waiting.shift();
      held += next.bytes;
      next.begin();
    }
  };
  return async (bytes, work) => {
    const turn = new Promise<void>((begin) => waiting.push({ bytes, begin }));
    admit();
    await turn;
    try {
      return await work();
    } finally {
      held -= bytes;
      admit();
    }
  };
};
