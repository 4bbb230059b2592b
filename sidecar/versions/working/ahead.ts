/**
 * Works on several items at once, and gives the results in the order of the items.
 * @param most items that are worked on or wait for their turn
 */
export const aheadOf = async function* <Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  most: number,
): AsyncGenerator<{ readonly item: Item; readonly result: Result }, void> {
  const ahead: { readonly item: Item; readonly result: Promise<Result> }[] = [];
  const first = async () => {
    const next = ahead.shift();
    return next === undefined ? null : { item: next.item, result: await next.result };
  };
  for (const item of items) {
    const result = work(item);
    // One that fails is thrown when its turn comes; until then nobody waits for it.
    result.catch(() => undefined);
    ahead.push({ item, result });
    if (ahead.length < most) continue;
    const done = await first();
    if (done !== null) yield done;
  }
  for (let done = await first(); done !== null; done = await first()) yield done;
};
