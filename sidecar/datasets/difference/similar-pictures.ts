import type { DataState, StateFile } from './data-state.ts';
import { roomFor } from './content-numbers.ts';
import { createFirst } from './first.ts';
import type { Look, Looks, NoLook } from './picture-looks.ts';
import { createSimilarIndex, type Neighbour } from './similar-index.ts';

/** An added picture that looks like one that was there before, or like another added one. */
export interface Similar {
  readonly file: StateFile;
  readonly like: StateFile;
  readonly among: 'from' | 'added';
  readonly distance: number;
  readonly equal: boolean;
}

export interface SimilarOrder {
  readonly from: DataState;
  readonly to: DataState;
  /** Pictures that were there before; walked twice. */
  readonly old: () => Iterable<StateFile>;
  readonly added: readonly StateFile[];
  readonly looks: Looks;
  /** How many are shown. */
  readonly most: number;
  /** Told of one that cannot be decoded. */
  readonly unreadable: (file: StateFile, look: NoLook) => void;
  /** Called before each; lets others work, throws to stop. */
  readonly breathe: (done: number, what: 'old pictures' | 'new pictures') => Promise<void>;
}

/** The other one is known by its place among the old pictures or among the added ones. */
interface Found extends Omit<Similar, 'like'> {
  readonly place: number;
}

/**
 * Added pictures that look like another one: how many, how many of them have its very bytes, and those most alike. Of a
 * picture its place and its look are held; where those that are shown lie is seen in a second walk.
 */
export const findSimilar = async (order: SimilarOrder) => {
  const { to, added, looks, most, unreadable, breathe } = order;
  const known = { from: await knowOld(order), added: createKnown() };
  const first = createFirst<Found>(most, (a, b) => a.distance - b.distance || Number(b.equal) - Number(a.equal));
  const counts = { similar: 0, equal: 0 };
  const find = (file: StateFile, place: number): Found | null => {
    const number = looks.numberOf(file.content);
    const equal = equalIn(known, number);
    if (equal !== null) return { file, ...equal, distance: 0, equal: true };
    known.added.take(number, place);
    const look = lookAt(to, file, looks);
    if ('why' in look) {
      unreadable(file, look);
      return null;
    }
    const near = nearIn(known, look);
    known.added.takeLook(look, place);
    return near === null ? null : { file, ...near, equal: false };
  };
  for (const [at, file] of added.entries()) {
    await breathe(at, 'new pictures');
    const found = find(file, at);
    if (found === null) continue;
    counts.similar += 1;
    counts.equal += Number(found.equal);
    first.add(found);
  }
  return { ...counts, first: locate(first.finish(), order) };
};

type Known = ReturnType<typeof createKnown>;
type Sides = Readonly<Record<Similar['among'], Known>>;

/** Pictures by their bytes, by the numbers of these, and by their looks. */
const createKnown = () => {
  // By the number of a content the place of the first picture with it, plus one.
  let places = new Uint32Array(1_024);
  const index = createSimilarIndex();
  return {
    /** The place of a picture with these bytes; null when there is none. */
    placeOf: (number: number): number | null => {
      const place = places[number] ?? 0;
      return place === 0 ? null : place - 1;
    },
    nearest: ({ hash }: Look): Neighbour | null => index.nearest(hash),
    take: (number: number, place: number): void => {
      places = roomFor(places, number + 1);
      places[number] = place + 1;
    },
    takeLook: ({ hash }: Look, place: number): void => index.add(hash, place),
  };
};

/** All pictures that were there before. */
const knowOld = async ({ from, old, looks, breathe }: SimilarOrder): Promise<Known> => {
  const known = createKnown();
  let place = -1;
  for (const file of old()) {
    place += 1;
    await breathe(place, 'old pictures');
    const number = looks.numberOf(file.content);
    if (known.placeOf(number) !== null) continue;
    known.take(number, place);
    const look = lookAt(from, file, looks);
    if (!('why' in look)) known.takeLook(look, place);
  }
  return known;
};

const SIDES = ['from', 'added'] as const;

const equalIn = (known: Sides, number: number): Pick<Found, 'place' | 'among'> | null => {
  for (const among of SIDES) {
    const place = known[among].placeOf(number);
    if (place !== null) return { place, among };
  }
  return null;
};

const nearIn = (known: Sides, look: Look): Pick<Found, 'place' | 'among' | 'distance'> | null => {
  for (const among of SIDES) {
    const near = known[among].nearest(look);
    if (near !== null) return { place: near.item, among, distance: near.distance };
  }
  return null;
};

const lookAt = ({ contents }: DataState, file: StateFile, looks: Looks): Look | NoLook =>
  looks.of(file.content, () => contents.get(file));

/** The files of places among the old pictures and the added ones. */
const locate = (found: readonly Found[], { old, added }: SimilarOrder): Similar[] => {
  const wanted = new Set(found.filter(({ among }) => among === 'from').map(({ place }) => place));
  const files = new Map<number, StateFile>();
  let at = 0;
  for (const file of wanted.size > 0 ? old() : []) {
    if (wanted.has(at)) files.set(at, file);
    at += 1;
  }
  return found.flatMap(({ place, ...one }) => {
    const like = one.among === 'from' ? files.get(place) : added[place];
    return like === undefined ? [] : [{ ...one, like }];
  });
};
