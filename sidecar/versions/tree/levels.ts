import type { Hash } from '../../contract/ids.ts';

/** When a node is closed: its last entry says so, within bounds. */
export interface Fanout {
  readonly smallest: number;
  readonly largest: number;
}

export interface Levels<Child> {
  readonly add: (child: Child) => void;
  /** Closes all nodes. @returns the root */
  readonly finish: () => Child;
}

interface Level<Child> {
  children: Child[];
  /** Whether nodes of this level were closed already. */
  closed: boolean;
}

const INNER: Fanout = { smallest: 8, largest: 256 };

/**
 * Puts nodes below nodes until one is left. Where a node ends is told by the id of its last child, once in 64, so
 * that the same children are grouped alike whatever comes before or behind them: an edit changes one node a level.
 * @param write stores a node at a level (1 is the lowest) and describes it as a child of the next
 */
export const createLevels = <Child extends { readonly id: Hash }>(
  write: (level: number, children: readonly Child[]) => Child,
): Levels<Child> => {
  const levels: Level<Child>[] = [];
  const levelAt = (at: number): Level<Child> => (levels[at] ??= { children: [], closed: false });

  const add = (child: Child, at: number) => {
    const { children } = levelAt(at);
    children.push(child);
    if (endsNode(children.length, INNER, () => isCut(child.id, 64))) close(at);
  };
  const close = (at: number) => {
    const level = levelAt(at);
    const child = write(at + 1, level.children);
    level.children = [];
    level.closed = true;
    add(child, at + 1);
  };
  return {
    add: (child) => add(child, 0),
    finish: () => {
      for (let at = 0; ; at++) {
        const { children, closed } = levelAt(at);
        const [only] = children;
        if (!closed && children.length === 1 && only !== undefined) return only;
        if (children.length > 0) close(at);
      }
    },
  };
};

/** Whether a node of so many entries ends here. */
export const endsNode = (entries: number, { smallest, largest }: Fanout, isCutHere: () => boolean): boolean =>
  entries >= largest || (entries >= smallest && isCutHere());

/** True for one id in `often`, a power of two of at most 65,536; by the last digits, which nothing else looks at. */
export const isCut = (id: Hash, often: number): boolean => (Number.parseInt(id.slice(-4), 16) & (often - 1)) === 0;
