import type { Transport } from '../../../../sidecar/versions/remotes/transport.ts';

/** One that uses a remote, through the transport that it is given. */
type Actor = (transport: Transport) => Promise<unknown>;

/**
 * Lets two actors use one remote in a given order: the first does so many requests, then the second so many, and so on.
 * When the order has ended, or the one whose turn it is has, both go on as they like.
 */
export const interleave = async (
  transport: Transport,
  actors: readonly [Actor, Actor],
  order: readonly number[],
): Promise<void> => {
  const segments = order.map((requests, at) => ({ actor: at % 2, left: requests }));
  const waiting: { readonly actor: number; readonly go: () => void }[] = [];
  const admit = () => {
    while (segments[0]?.left === 0) segments.shift();
    const [segment] = segments;
    const at = waiting.findIndex(({ actor }) => segment === undefined || actor === segment.actor);
    const next = at === -1 ? undefined : waiting.splice(at, 1)[0];
    if (next === undefined) return;
    if (segment !== undefined) segment.left -= 1;
    next.go();
    if (segment === undefined) admit();
  };
  /** A request begins when it is its turn; the next one is let in when it has ended. */
  const inTurn = async <Result>(actor: number, request: () => Promise<Result>): Promise<Result> => {
    await new Promise<void>((go) => {
      waiting.push({ actor, go });
      queueMicrotask(admit);
    });
    try {
      return await request();
    } finally {
      queueMicrotask(admit);
    }
  };
  const run = async (act: Actor, actor: number): Promise<void> => {
    try {
      await act(stepped(transport, (request) => inTurn(actor, request)));
    } finally {
      for (const segment of segments) if (segment.actor === actor) segment.left = 0;
      admit();
    }
  };
  await Promise.all(actors.map(run));
};

/** A transport each request of which is made by `step`. */
export const stepped = (
  inner: Transport,
  step: <Result>(request: () => Promise<Result>) => Promise<Result>,
): Transport => ({
  ...inner,
  get: (key) => step(() => inner.get(key)),
  read: (key, start, end) => step(() => inner.read(key, start, end)),
  size: (key) => step(() => inner.size(key)),
  list: async function* (prefix) {
    yield* await step(async () => {
      const all = [];
      for await (const one of inner.list(prefix)) all.push(one);
      return all;
    });
  },
  put: (key, source, sent) => step(() => inner.put(key, source, sent)),
  swap: (key, bytes, from) => step(() => inner.swap(key, bytes, from)),
  remove: (keys) => step(() => inner.remove(keys)),
});
