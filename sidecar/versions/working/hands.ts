import { availableParallelism } from 'node:os';
import type { SharedPacks } from '../store/blobs.ts';
import { growSlowly } from './grow-slowly.ts';
import { openHand } from './open-hand.ts';
import { workAlong, startThread, type Colleague, type Team } from './colleague.ts';
import type { Amount } from './report.ts';
import type { ThreadAnswer, ThreadOrder, ThreadRole } from './thread-messages.ts';

export interface HandsOrder {
  readonly role: ThreadRole;
  /** What is to be done: a little is done before threads would have started. */
  readonly amount: Amount;
  /** What threads are told of the store; left out where they need none. */
  readonly share?: () => SharedPacks;
  /** Program of the threads; null to work in this one. */
  readonly program: string | null;
  /** Told how much was done since the last time, in the units of its role (thread-messages.ts); throws to stop. */
  readonly onDone: (amount: number) => void;
}

/** Those who do the work: this thread, and others beside it where that pays. */
export interface Hands {
  /** @returns the answer to the order */
  readonly ask: <Type extends ThreadOrder['type']>(
    order: ThreadOrder & { readonly type: Type },
  ) => Promise<ThreadAnswer & { readonly type: Type }>;
  /** Makes durable what was read. */
  readonly commit: () => Promise<void>;
  /** Gives up what is not committed. */
  readonly close: () => Promise<void>;
  /** How many they are: several can share the work on one file. */
  readonly count: number;
  /** Orders that keep all of them busy. */
  readonly busyWith: number;
}

const FEWEST_FILES = 2_000;
const FEWEST_BYTES = 64 << 20;
/** What is known of so many takes much of the memory. */
const MANY_FILES = 200_000;
/** One that hashes needs a core; beyond these the disk is what waits. */
const MOST_HANDS = 3;

export const startHands = ({ program, ...order }: HandsOrder): Hands => {
  const { files, bytes } = order.amount;
  // Who looks at files keeps nothing of them, however many they turn out to be.
  if (files >= MANY_FILES && order.role.role !== 'look') growSlowly();
  return program === null || (files < FEWEST_FILES && bytes < FEWEST_BYTES)
    ? workHere(order)
    : workTogether({ program, ...order });
};

const workHere = ({ role, onDone }: Pick<HandsOrder, 'role' | 'onDone'>): Hands => {
  const opened = openHand(role, onDone);
  return {
    ask: async (order) => (await opened).do(order) as never,
    commit: async () => {
      (await opened).do({ type: 'commit' });
    },
    close: async () => (await opened).discard(),
    count: 1,
    busyWith: 1,
  };
};

/** A colleague, and how many orders it has not answered. */
interface Place extends Colleague {
  orders: number;
}

/**
 * Who asks would only wait for the answers: this thread is one of the hands, which saves the start of a thread and its
 * 25 MB. What takes long is left to threads, so that an abort is heard; with one core that is everything, since a large
 * file is one order there.
 */
const workTogether = ({ role, share, program, onDone }: HandsOrder & { readonly program: string }): Hands => {
  const stop = new SharedArrayBuffer(4);
  const haveStopped = () => Atomics.store(new Int32Array(stop), 0, 1);
  const count = Math.min(MOST_HANDS, availableParallelism());
  const here: Place[] = [];
  const threads: Place[] = [];
  let failure: Error | null = null;
  const fail = (error: Error) => {
    failure ??= error;
    haveStopped();
    for (const { giveUp } of [...here, ...threads]) giveUp(failure);
  };
  let team: Team | null = null;
  const teamOf = (): Team => (team ??= { role, stop, packs: share?.() ?? null, onDone, fail });
  const startHere = (): Place => {
    const place = { ...workAlong(teamOf()), orders: 0 };
    here.push(place);
    return place;
  };
  const startBeside = (): Place => {
    const place = { ...startThread(program, teamOf()), orders: 0 };
    threads.push(place);
    return place;
  };
  /** One that has nothing to do, if need be a new one. */
  const idlest = (isLong: boolean): Place => {
    const most = isLong ? count : count - 1;
    const [first, ...others] = isLong ? threads : [...here, ...threads];
    if (first === undefined) return isLong ? startBeside() : startHere();
    const best = others.reduce((one, other) => (other.orders < one.orders ? other : one), first);
    return best.orders > 0 && threads.length < most ? startBeside() : best;
  };
  const send = async (place: Place, order: ThreadOrder): Promise<ThreadAnswer> => {
    if (failure !== null) throw failure;
    place.orders += 1;
    try {
      return await place.do(order);
    } finally {
      place.orders -= 1;
    }
  };

  return {
    ask: (order) => send(idlest(count === 1 || order.type === 'md5'), order) as Promise<never>,
    commit: async () => {
      await Promise.all([...here, ...threads].map((place) => send(place, { type: 'commit' })));
    },
    close: async () => {
      haveStopped();
      await Promise.all([...here, ...threads].map(({ end }) => end()));
    },
    count,
    busyWith: 4 * count,
  };
};
