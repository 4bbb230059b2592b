/** The first of many in an order, of which no more than twice as many are held; equal ones stay as they came. */
export interface First<Item> {
  readonly add: (item: Item) => void;
  readonly finish: () => readonly Item[];
}

export const createFirst = <Item>(most: number, compare: (a: Item, b: Item) => number): First<Item> => {
  let held: Item[] = [];
  const cut = (): readonly Item[] => {
    held = held.sort(compare).slice(0, most);
    return held;
  };
  return {
    add: (item) => {
      held.push(item);
      if (held.length >= 2 * most) cut();
    },
    finish: cut,
  };
};
