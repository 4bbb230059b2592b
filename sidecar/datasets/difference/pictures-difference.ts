import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  ChangedPicture,
  LabelFlips,
  PictureFacts,
  PicturesDifference,
  SimilarPictures,
  Tile,
} from '../../contract/data-difference.ts';
import { classLevel, classOf, isPicture } from '../image-folder.ts';
import { orderClasses } from '../image-rows.ts';
import { readRaster } from '../raster.ts';
import type { DataState, FileChange, StateFile } from './data-state.ts';
import { pathOf, type ChangedFiles } from './files-difference.ts';
import { createFirst } from './first.ts';
import { createFlipCounter } from './label-flips.ts';
import { lookAhead } from './look-ahead.ts';
import { hashDistance } from './perceptual-hash.ts';
import type { Look, Looks, NoLook } from './picture-looks.ts';
import { SIMILAR_BITS } from './similar-index.ts';
import { findSimilar, type Similar } from './similar-pictures.ts';
import { SHEET_COLUMNS, TILE_PIXELS, type Sheets } from './thumbnails.ts';

const MOST_EXAMPLES = 500;
const MOST_UNREADABLE = 50;

export interface PicturesOrder {
  readonly from: DataState;
  readonly to: DataState;
  readonly changed: ChangedFiles;
  readonly looks: Looks;
  readonly sheets: Sheets;
  /** Program of threads that look at pictures; null to do it in this one. */
  readonly lookProgram: string | null;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number | null, note: string) => void;
}

/**
 * What changed among pictures: those with other contents, those that moved to another class, and those that are new and
 * look like another one. Only changed and new pictures are decoded, and, where some are new, each old one once. Of a
 * picture that did not change its look and its place are held, and nothing else.
 */
export const comparePictures = async (order: PicturesOrder): Promise<PicturesDifference> => {
  const { from, to, changed, looks, sheets } = order;
  const pictures = changed.changes.filter((change) => isPicture(pathOf(change)));
  const unreadable = createUnreadable();
  const seen = await lookAtChanged(order, pictures, unreadable);
  const { first, ...similar } = await lookAtAdded(order, pictures, unreadable);
  looks.save();
  return {
    from: countPictures(from),
    to: countPictures(to),
    changed: seen.changed,
    changedExamples: await drawAll(order, seen.first, drawChanged),
    labels: labelsOf(order, pictures),
    ...similar,
    similarWithin: SIMILAR_BITS,
    similarExamples: await drawAll(order, first, drawSimilar),
    ...unreadable.finish(),
    sheets: sheets.finish(),
    tilePixels: TILE_PIXELS,
    sheetColumns: SHEET_COLUMNS,
  };
};

/** A mode bit alone changes no picture. */
const isChanged = ({ change, from, to }: FileChange): boolean => change === 'changed' && from?.content !== to?.content;

const picturesOf = function* ({ files }: DataState): Generator<StateFile, void> {
  for (const file of files()) if (isPicture(file.path)) yield file;
};

const countPictures = ({ files }: DataState): number => {
  let count = 0;
  for (const { path } of files()) if (isPicture(path)) count += 1;
  return count;
};

const createUnreadable = () => {
  const examples: { path: string; why: string }[] = [];
  let count = 0;
  return {
    see: (path: string, { why }: NoLook): void => {
      count += 1;
      if (examples.length < MOST_UNREADABLE) examples.push({ path, why });
    },
    finish: () => ({ unreadable: count, unreadableExamples: examples }),
  };
};

type Unreadable = ReturnType<typeof createUnreadable>;

const lookAt = ({ contents }: DataState, file: StateFile, looks: Looks): Look | NoLook =>
  looks.of(file.content, () => contents.get(file));

/** Pictures after which what was seen is kept, so that an interrupted comparison does not begin anew. */
const KEPT_EVERY = 1_024;

const breathe = async (order: PicturesOrder, done: number, total: number, what: string): Promise<void> => {
  if (done % 64 !== 0) return;
  if (done % KEPT_EVERY === 0) order.looks.save();
  await pause(
    order,
    done / Math.max(1, total),
    `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`,
  );
};

const pause = async ({ signal, progress }: PicturesOrder, fraction: number | null, note: string): Promise<void> => {
  progress(fraction, note);
  await nextTurn();
  signal.throwIfAborted();
};

/** In threads, where there are many. */
const lookAtAll = async (
  order: PicturesOrder,
  side: 'from' | 'to',
  what: string,
  pictures: () => Iterable<StateFile>,
): Promise<void> => {
  let seen = 0;
  let saved = 0;
  await lookAhead(order[side], pictures, {
    looks: order.looks,
    program: order.lookProgram,
    seen: async (more) => {
      seen += more;
      if (seen - saved > KEPT_EVERY) {
        order.looks.save();
        saved = seen;
      }
      await pause(order, null, `${seen.toLocaleString('en')} ${what} looked at`);
    },
  });
};

interface SeenChange {
  readonly from: StateFile;
  readonly to: StateFile;
  readonly distance: number | null;
}

/** Changed pictures: how many, and those with the largest visible change. */
const lookAtChanged = async (order: PicturesOrder, pictures: readonly FileChange[], unreadable: Unreadable) => {
  const changes = pictures.filter(isChanged);
  await lookAtAll(order, 'from', 'changed pictures', () => filesOf(changes, 'from'));
  await lookAtAll(order, 'to', 'changed pictures', () => filesOf(changes, 'to'));
  const first = createFirst<SeenChange>(MOST_EXAMPLES, (a, b) => (b.distance ?? 65) - (a.distance ?? 65));
  for (const [at, { from, to }] of changes.entries()) {
    await breathe(order, at, changes.length, 'changed pictures');
    if (from === null || to === null) continue;
    const old = lookAt(order.from, from, order.looks);
    const now = lookAt(order.to, to, order.looks);
    if ('why' in now) unreadable.see(to.path, now);
    first.add({ from, to, distance: 'why' in old || 'why' in now ? null : hashDistance(old.hash, now.hash) });
  }
  return { changed: changes.length, first: first.finish() };
};

const filesOf = function* (changes: readonly FileChange[], side: 'from' | 'to'): Generator<StateFile, void> {
  for (const change of changes) {
    const file = change[side];
    if (file !== null) yield file;
  }
};

const lookAtAdded = async (order: PicturesOrder, pictures: readonly FileChange[], unreadable: Unreadable) => {
  const { from, to, looks } = order;
  const added = [
    ...filesOf(
      pictures.filter(({ change }) => change === 'added'),
      'to',
    ),
  ];
  if (added.length === 0) return { similar: 0, equal: 0, first: [] };
  const old = () => picturesOf(from);
  await lookAtAll(order, 'from', 'old pictures', old);
  await lookAtAll(order, 'to', 'new pictures', () => added);
  const totals = { 'old pictures': countPictures(from), 'new pictures': added.length };
  return findSimilar({
    from,
    to,
    old,
    added,
    looks,
    most: MOST_EXAMPLES,
    unreadable: ({ path }, look) => unreadable.see(path, look),
    breathe: async (done, what) => breathe(order, done, totals[what], what),
  });
};

/** Pictures that are decoded once more to be drawn, after which others may work. */
const DRAWN_AT_ONCE = 8;

const drawAll = async <Item, Drawn>(
  order: PicturesOrder,
  items: readonly Item[],
  draw: (item: Item, order: PicturesOrder) => Drawn,
): Promise<Drawn[]> => {
  const drawn: Drawn[] = [];
  for (const [at, item] of items.entries()) {
    if (at % DRAWN_AT_ONCE === 0) await pause(order, at / items.length, `${at} of ${items.length} pictures drawn`);
    drawn.push(draw(item, order));
  }
  return drawn;
};

const drawChanged = ({ from, to, distance }: SeenChange, order: PicturesOrder): ChangedPicture => ({
  path: to.path,
  from: factsOf(order.from, from, order),
  to: factsOf(order.to, to, order),
  distance,
});

const drawSimilar = ({ file, like, among, distance, equal }: Similar, order: PicturesOrder): SimilarPictures => ({
  path: file.path,
  like: like.path,
  among,
  distance,
  equal,
  picture: factsOf(order.to, file, order),
  likePicture: factsOf(among === 'from' ? order.from : order.to, like, order),
});

/** @returns null for one that cannot be decoded */
const factsOf = (state: DataState, file: StateFile, { looks, sheets }: PicturesOrder): PictureFacts | null => {
  if ('why' in lookAt(state, file, looks)) return null;
  const raster = readRaster(state.contents.get(file));
  const { width, height, channels } = raster;
  const tile: Tile = sheets.draw(raster);
  return { width, height, channels, bytes: file.size, tile };
};

/** The folder of a picture is its label. */
const labelsOf = ({ from, to }: PicturesOrder, pictures: readonly FileChange[]): LabelFlips | null => {
  const old = countClasses(from);
  const now = countClasses(to);
  if (old.counts.size === 0 && now.counts.size === 0) return null;
  const flips = createFlipCounter('pairs');
  let gone = 0;
  for (const { change, from: before, to: after } of pictures) {
    if (change === 'removed') gone += 1;
    if (change !== 'renamed' || before === null || after === null) continue;
    const [label, other] = [classOf(before.path, old.level), classOf(after.path, now.level)];
    if (label !== null && other !== null) flips.see(label, other, () => after.path);
  }
  const names = orderClasses([...old.counts.keys(), ...now.counts.keys()]);
  const classes = names.map((name) => ({ name, from: old.counts.get(name) ?? 0, to: now.counts.get(name) ?? 0 }));
  return flips.finish({ column: null, compared: countPictures(from) - gone, classes });
};

const countClasses = ({ files }: DataState) => {
  const tops = new Set<string>();
  for (const { path } of files()) tops.add(path.split('/')[0] ?? '');
  const level = classLevel(tops);
  const counts = new Map<string, number>();
  for (const { path } of files()) {
    const name = isPicture(path) ? classOf(path, level) : null;
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { level, counts };
};
