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
import { createFlipCounter } from './label-flips.ts';
import { lookAhead } from './look-ahead.ts';
import { hashDistance } from './perceptual-hash.ts';
import type { Look, Looks, NoLook } from './picture-looks.ts';
import { createSimilarIndex, SIMILAR_BITS } from './similar-index.ts';
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
 * look like another one. Only changed and new pictures are decoded, and, where some are new, each old one once.
 */
export const comparePictures = async (order: PicturesOrder): Promise<PicturesDifference> => {
  const { from, to, changed, looks, sheets } = order;
  const pictures = changed.changes.filter((change) => isPicture(pathOf(change)));
  const unreadable = createUnreadable();
  const seen = await lookAtChanged(order, pictures, unreadable);
  const similar = await findSimilar(order, pictures, unreadable);
  looks.save();
  return {
    from: countPictures(from),
    to: countPictures(to),
    changed: pictures.filter(isChanged).length,
    changedExamples: seen.map((one) => drawChanged(one, order)),
    labels: labelsOf(order, pictures),
    similar: similar.found.length,
    equal: similar.found.filter(({ equal }) => equal).length,
    similarWithin: SIMILAR_BITS,
    similarExamples: firstOf(similar.found, (a, b) => a.distance - b.distance || Number(b.equal) - Number(a.equal)).map(
      (one) => drawSimilar(one, order),
    ),
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

const breathe = async ({ signal, progress, looks }: PicturesOrder, done: number, total: number, what: string) => {
  if (done % 64 !== 0) return;
  if (done % KEPT_EVERY === 0) looks.save();
  progress(done / Math.max(1, total), `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`);
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
      order.progress(null, `${seen.toLocaleString('en')} ${what} looked at`);
      await nextTurn();
      order.signal.throwIfAborted();
    },
  });
};

interface SeenChange {
  readonly from: StateFile;
  readonly to: StateFile;
  readonly fromLook: Look | null;
  readonly toLook: Look | null;
  readonly distance: number | null;
}

/** Changed pictures with the largest visible change. */
const lookAtChanged = async (
  order: PicturesOrder,
  pictures: readonly FileChange[],
  unreadable: Unreadable,
): Promise<readonly SeenChange[]> => {
  const changes = pictures.filter(isChanged);
  await lookAtAll(order, 'from', 'changed pictures', () => changes.flatMap(({ from }) => from ?? []));
  await lookAtAll(order, 'to', 'changed pictures', () => changes.flatMap(({ to }) => to ?? []));
  const seen: SeenChange[] = [];
  for (const [at, { from, to }] of changes.entries()) {
    await breathe(order, at, changes.length, 'changed pictures');
    if (from === null || to === null) continue;
    const old = lookAt(order.from, from, order.looks);
    const now = lookAt(order.to, to, order.looks);
    if ('why' in now) unreadable.see(to.path, now);
    const distance = 'why' in old || 'why' in now ? null : hashDistance(old.hash, now.hash);
    seen.push({ from, to, fromLook: lookOr(old), toLook: lookOr(now), distance });
  }
  return firstOf(seen, (a, b) => (b.distance ?? 65) - (a.distance ?? 65));
};

const lookOr = (look: Look | NoLook): Look | null => ('why' in look ? null : look);

/** Equal ones stay in the order of their paths. */
const firstOf = <Item>(items: readonly Item[], compare: (a: Item, b: Item) => number): Item[] =>
  [...items].sort(compare).slice(0, MOST_EXAMPLES);

interface Similar {
  readonly file: StateFile;
  readonly like: StateFile;
  readonly among: 'from' | 'added';
  readonly distance: number;
  readonly equal: boolean;
}

const findSimilar = async (order: PicturesOrder, pictures: readonly FileChange[], unreadable: Unreadable) => {
  const added = pictures.flatMap(({ change, to }) => (change === 'added' && to !== null ? [to] : []));
  const found: Similar[] = [];
  if (added.length === 0) return { found };
  await lookAtAll(order, 'from', 'old pictures', () => picturesOf(order.from));
  const known = await indexOld(order);
  await lookAtAll(order, 'to', 'new pictures', () => added);
  const fresh = { equal: new Map<string, StateFile>(), index: createSimilarIndex<StateFile>() };
  for (const [at, file] of added.entries()) {
    await breathe(order, at, added.length, 'new pictures');
    const equal = equalTo(file, known.equal, 'from') ?? equalTo(file, fresh.equal, 'added');
    fresh.equal.set(file.content, fresh.equal.get(file.content) ?? file);
    if (equal !== null) {
      found.push(equal);
      continue;
    }
    const look = lookAt(order.to, file, order.looks);
    if ('why' in look) {
      unreadable.see(file.path, look);
      continue;
    }
    const near = nearTo(file, look, known.index, 'from') ?? nearTo(file, look, fresh.index, 'added');
    if (near !== null) found.push(near);
    fresh.index.add(look.hash, file);
  }
  return { found };
};

/** All pictures that were there before, by their bytes and by their looks. */
const indexOld = async (order: PicturesOrder) => {
  const equal = new Map<string, StateFile>();
  const index = createSimilarIndex<StateFile>();
  const total = countPictures(order.from);
  let done = 0;
  for (const file of picturesOf(order.from)) {
    await breathe(order, done, total, 'old pictures');
    done += 1;
    if (equal.has(file.content)) continue;
    equal.set(file.content, file);
    const look = lookAt(order.from, file, order.looks);
    if (!('why' in look)) index.add(look.hash, file);
  }
  order.looks.save();
  return { equal, index };
};

const equalTo = (file: StateFile, known: ReadonlyMap<string, StateFile>, among: Similar['among']): Similar | null => {
  const like = known.get(file.content);
  return like === undefined ? null : { file, like, among, distance: 0, equal: true };
};

const nearTo = (
  file: StateFile,
  look: Look,
  index: ReturnType<typeof createSimilarIndex<StateFile>>,
  among: Similar['among'],
): Similar | null => {
  const near = index.nearest(look.hash);
  return near === null ? null : { file, like: near.item, among, distance: near.distance, equal: false };
};

const drawChanged = ({ from, to, fromLook, toLook, distance }: SeenChange, order: PicturesOrder): ChangedPicture => ({
  path: to.path,
  from: factsOf(order.from, from, fromLook, order),
  to: factsOf(order.to, to, toLook, order),
  distance,
});

const drawSimilar = ({ file, like, among, distance, equal }: Similar, order: PicturesOrder): SimilarPictures => {
  const likeState = among === 'from' ? order.from : order.to;
  return {
    path: file.path,
    like: like.path,
    among,
    distance,
    equal,
    picture: factsOf(order.to, file, lookOr(lookAt(order.to, file, order.looks)), order),
    likePicture: factsOf(likeState, like, lookOr(lookAt(likeState, like, order.looks)), order),
  };
};

const factsOf = (
  { contents }: DataState,
  file: StateFile,
  look: Look | null,
  { sheets }: PicturesOrder,
): PictureFacts | null => {
  if (look === null) return null;
  const { width, height, channels } = look;
  const tile: Tile = sheets.draw(readRaster(contents.get(file)));
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
