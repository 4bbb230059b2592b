import type { DataCollection, KeptCollection, KeptRestore } from '../../sidecar/contract/data-upkeep.ts';
import type { Remote, RemoteCollection } from '../../sidecar/contract/remote.ts';
import { countOf, showAge, showBytes, showCount, showDuration } from '../format.ts';

/** What a collection would free, and why that is safe. */
export const sayCollection = ({
  groups,
  versions,
  freedBytes,
  kept,
}: DataCollection): { readonly bytes: number; readonly detail: string } => {
  const unneeded = groups
    .filter(({ fate }) => fate === 'dead' || fate === 'sparse')
    .reduce((sum, { bytes, neededBytes }) => sum + bytes - neededBytes, 0);
  const young = groups.filter(({ fate }) => fate === 'young').reduce((sum, { bytes }) => sum + bytes, 0);
  const old = sizeOf(kept.restores.filter(({ fate }) => fate === 'due'));
  const stays = sizeOf(kept.restores.filter(({ fate }) => fate !== 'due'));
  const parts = [
    `All bytes of the ${countOf(versions, 'version')} stay that the list, a pointer, or a branch or tag of Git names.`,
    unneeded === 0
      ? null
      : `${showBytes(unneeded)} that none of them needs go into the trash. They leave the disk the next time, a day later or more.`,
    freedBytes === 0 ? null : `${showBytes(freedBytes)} leave the trash and the disk now.`,
    young === 0 ? null : `${showBytes(young)} are younger than a day and stay.`,
    old === 0 ? null : `${showBytes(old)} that restores replaced long ago leave the disk now, for good.`,
    stays === 0 ? null : `${showBytes(stays)} that restores replaced lately stay, so that they can be undone.`,
  ];
  return { bytes: unneeded + freedBytes + old, detail: parts.filter((part) => part !== null).join('\n') };
};

/** What a collection has done. */
export const sayFreed = ({ retiredBytes, freedBytes, undone, kept }: DataCollection): string => {
  const gone = freedBytes + kept.freedBytes;
  return [
    undone ? 'A version was saved meanwhile, so no stored bytes were freed. Try it again.' : null,
    gone === 0 ? null : `${showBytes(gone)} have left the disk.`,
    retiredBytes === 0 ? null : `${showBytes(retiredBytes)} are in the trash, for a day at least.`,
  ]
    .filter((part) => part !== null)
    .join(' ');
};

/** More lines than these are counted. */
const MOST_LINES = 8;

/** What restores have kept, and what its removal means. */
export const sayKept = (
  { restores }: KeptCollection,
  now: number,
): { readonly question: string; readonly detail: string } => {
  const lines = restores.toReversed().map((restore) => sayRestore(restore, now));
  const more = lines.length - MOST_LINES;
  return {
    question: `Remove ${showBytes(sizeOf(restores))} that restores have replaced?`,
    detail: [
      'These files lay on disk before a version was restored over them. Some are in no version. They go for good, and no Undo brings them back.',
      '',
      ...lines.slice(0, MOST_LINES),
      ...(more > 0 ? [`… and ${showCount(more)} more`] : []),
    ].join('\n'),
  };
};

const sayRestore = ({ at, path, example, files, bytes }: KeptRestore, now: number): string => {
  const age = showAge(at, now);
  // What was kept for other reasons than an Undo does not say of which data it is.
  const name = path ?? (files > 1 ? `${example}, …` : example);
  return `${age === 'now' ? 'just now' : `${age} ago`}: ${countOf(files, 'file')}, ${showBytes(bytes)} (${name ?? 'nothing is left'})`;
};

const sizeOf = (restores: readonly KeptRestore[]): number => restores.reduce((sum, { bytes }) => sum + bytes, 0);

/** What a collection in a remote would do. */
export interface RemoteQuestion {
  readonly question: string;
  /** What the button says; null where there is nothing to do now, and `question` is no question. */
  readonly action: string | null;
  readonly detail: string;
}

/** It removes in two steps: what nobody needs is marked first, and goes when nobody has needed it for a day. */
export const sayRemoteCollection = (
  collection: RemoteCollection,
  { name, url }: Pick<Remote, 'name' | 'url'>,
  now: number,
): RemoteQuestion => {
  const { versions, needed, noted, rewritten, removed, leftovers } = collection;
  const parts = [
    `${url} lists ${countOf(versions, 'version')}; ${sayPacks(needed)} that these need stay.`,
    ...sayRewritten(rewritten),
    ...(removed.packs === 0 ? [] : [`${sayPacks(removed)} that none of them has needed for a day go for good.`]),
    ...sayWaiting(collection, now),
    ...sayLeftovers(leftovers),
  ];
  if (removed.packs + leftovers > 0) {
    const what = removed.packs === 0 ? 'what broken uploads have left' : showBytes(removed.bytes);
    return { question: `Free ${what} in ${name}?`, action: 'Free Space', detail: parts.join('\n') };
  }
  if (noted.packs > 0) {
    const question = `Mark ${showBytes(noted.bytes)} in ${name} for removal?`;
    return { question, action: 'Mark', detail: [...parts, 'Nothing is removed now.'].join('\n') };
  }
  return { question: `There is nothing to free in ${name} now.`, action: null, detail: parts.join(' ') };
};

const sayRewritten = ({ packs, bytes }: RemoteCollection['rewritten']): readonly string[] =>
  packs === 0
    ? []
    : [`${showBytes(bytes)} that they need of ${countOf(packs, 'pack')}, little of each, move into new ones.`];

const sayWaiting = ({ waiting, noted, nextAt }: RemoteCollection, now: number): readonly string[] => {
  if (waiting.packs === 0) return [];
  const rest = `${sayPacks(waiting)} that none needs`;
  if (noted.packs > 0 || nextAt === null || nextAt <= now)
    return [`${rest} are marked. Free Space on Remote removes them a day later, if none needs them by then.`];
  return [`${rest} are marked, and can be removed in ${showDuration(nextAt - now)}.`];
};

const sayLeftovers = (leftovers: number): readonly string[] => {
  if (leftovers === 0) return [];
  return [`${countOf(leftovers, 'upload')} that broke off more than a day ago ${leftovers === 1 ? 'ends' : 'end'}.`];
};

/** What a collection in a remote has done. */
export const sayRemoteFreed = ({ removed, waiting, leftovers }: RemoteCollection, name: string): string =>
  [
    removed.packs === 0 ? null : `${sayPacks(removed)} have left ${name}.`,
    leftovers === 0 ? null : `${countOf(leftovers, 'broken upload')} ${leftovers === 1 ? 'was' : 'were'} ended.`,
    waiting.packs === 0 ? null : `${sayPacks(waiting)} are marked: Free Space on Remote removes them a day later.`,
  ]
    .filter((part) => part !== null)
    .join(' ');

const sayPacks = ({ packs, bytes }: RemoteCollection['removed']): string =>
  `${showBytes(bytes)} in ${countOf(packs, 'pack')}`;
