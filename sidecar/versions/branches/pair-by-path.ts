import { comparePaths } from '../tree/path-order.ts';

interface Placed {
  readonly path: string;
}

export interface Pair<Left, Right> {
  readonly path: string;
  readonly left: Left | null;
  readonly right: Right | null;
}

/** Two lists in path order as one: what stands at the same path comes together. */
export const pairByPath = function* <Left extends Placed, Right extends Placed>(
  lefts: Iterable<Left>,
  rights: Iterable<Right>,
): Generator<Pair<Left, Right>, void> {
  const [takeLeft, takeRight] = [taker(lefts), taker(rights)];
  let [left, right] = [takeLeft(), takeRight()];
  while (left !== null || right !== null) {
    const order = orderOf(left, right);
    const path = (order <= 0 ? left : right)?.path ?? '';
    yield { path, left: order <= 0 ? left : null, right: order >= 0 ? right : null };
    if (order <= 0) left = takeLeft();
    if (order >= 0) right = takeRight();
  }
};

/** What is over comes last. */
const orderOf = (left: Placed | null, right: Placed | null): number => {
  if (left === null) return 1;
  return right === null ? -1 : comparePaths(left.path, right.path);
};

const taker = <Item>(items: Iterable<Item>): (() => Item | null) => {
  const iterator = items[Symbol.iterator]();
  return () => {
    const next = iterator.next();
    return next.done === true ? null : next.value;
  };
};
