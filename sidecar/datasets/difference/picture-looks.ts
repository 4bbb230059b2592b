import type { Hash } from '../../contract/ids.ts';
import { readRaster } from '../raster.ts';
import { createContentNumbers, roomFor } from './content-numbers.ts';
import { openKeptHashes } from './kept-hashes.ts';
import { perceptualHash } from './perceptual-hash.ts';

/** What is known of a picture without its pixels. */
export interface Look {
  readonly hash: bigint;
}

/** Why a file is no picture that can be decoded, in a few words. */
export interface NoLook {
  readonly why: string;
}

/** Looks of pictures by their contents, kept so that no picture is decoded twice. */
export interface Looks {
  /** Recalls what was kept of these, before they are asked for one by one. */
  readonly recall: (contents: Iterable<Hash>) => void;
  /** @param read its bytes, asked for when it has not been seen yet; what it throws is passed on */
  readonly of: (content: Hash, read: () => Uint8Array) => Look | NoLook;
  readonly has: (content: Hash) => boolean;
  /** Takes what was seen elsewhere. */
  readonly keep: (content: Hash, look: Look | NoLook) => void;
  /** A number for each content, from 0, by which whoever asks can keep in an array what he knows of it. */
  readonly numberOf: (content: Hash) => number;
  /** Above all numbers of contents so far. */
  readonly count: () => number;
  /** Writes what is new. */
  readonly save: () => void;
}

const UNSEEN = 0;
const SEEN = 1;
const UNREADABLE = 2;

/**
 * What is held in memory is of the pictures that are asked for, about 53 bytes each, and not of all that are kept.
 * @param file where looks are kept; derived from the pictures, it may be deleted at any time
 * @param mostKept pictures beyond which those are forgotten that nobody has asked for
 */
export const openLooks = (file: string, mostKept?: number): Looks => {
  const numbers = createContentNumbers();
  const kept = openKeptHashes(file, mostKept);
  let states = new Uint8Array(1_024);
  let hashes = new BigUint64Array(1_024);
  // A later reader of pictures may read what this one cannot: why it does not is not kept.
  const reasons = new Map<number, NoLook>();
  const fresh: number[] = [];

  const numberOf = (content: Hash): number => {
    const number = numbers.of(content);
    states = roomFor(states, number + 1);
    hashes = roomFor(hashes, number + 1);
    return number;
  };
  const known = (number: number): Look | NoLook | undefined => {
    if (states[number] === SEEN) return { hash: hashes[number] ?? 0n };
    return states[number] === UNREADABLE ? reasons.get(number) : undefined;
  };
  const see = (number: number, look: Look | NoLook): void => {
    if ('why' in look) {
      states[number] = UNREADABLE;
      reasons.set(number, look);
      return;
    }
    states[number] = SEEN;
    hashes[number] = look.hash;
    fresh.push(number);
  };
  return {
    numberOf,
    count: numbers.count,
    recall: (contents) => {
      let unseen = 0;
      for (const content of contents) if (states[numberOf(content)] === UNSEEN) unseen += 1;
      if (unseen === 0) return;
      for (const { words, hash } of kept.read()) {
        const number = numbers.findWords(words);
        if (number === -1 || states[number] !== UNSEEN) continue;
        states[number] = SEEN;
        hashes[number] = hash;
      }
    },
    has: (content) => {
      const number = numbers.find(content);
      return number !== -1 && states[number] !== UNSEEN;
    },
    keep: (content, look) => see(numberOf(content), look),
    of: (content, read) => {
      const number = numberOf(content);
      const look = known(number);
      if (look !== undefined) return look;
      const seen = lookAt(read());
      see(number, seen);
      return seen;
    },
    save: () => {
      kept.add(fresh.map((number) => ({ words: numbers.words(number), hash: hashes[number] ?? 0n })));
      fresh.length = 0;
      kept.forget((words) => numbers.findWords(words) !== -1);
    },
  };
};

/** Decodes a picture. */
export const lookAt = (bytes: Uint8Array): Look | NoLook => {
  try {
    return { hash: perceptualHash(readRaster(bytes)) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
};
