import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import { cacheDamaged, dvcFileUnreadable } from '../../faults.ts';
import { comparePaths, isInnerPath } from '../tree/path-order.ts';
import { cachePath, readCached } from './cache.ts';
import type { DirEntry } from './dir-listing.ts';
import type { DvcHash } from './output.ts';

const Entry = z.looseObject({
  md5: z.string().regex(/^[0-9a-f]{32}$/),
  relpath: z.string().refine(isInnerPath, 'leads out of its folder'),
});

/**
 * The files that a folder's listing in a cache names, in path order. It is read twice, so that nothing of a listing
 * that is damaged is believed, and is not held: it has a million lines.
 * @param md5 with `.dir` behind it
 * @throws Fault `version-damaged` when its bytes are not those that the MD5 names, `pointer-unreadable` when it says
 * something that is no list of files
 */
export const readListing = (cache: string, md5: string, hash: DvcHash): Iterable<DirEntry> => {
  const file = cachePath(cache, md5, hash);
  const object = readCached(cache, md5, hash);
  let before = '';
  let sorted = true;
  for (const { path } of parseListing(object.pieces(), file)) {
    sorted &&= comparePaths(before, path) < 0;
    before = path;
  }
  if (!object.isWhole()) throw cacheDamaged(file, []);
  const entries = parseListing(readCached(cache, md5, hash).pieces(), file);
  return sorted ? entries : sortEntries([...entries], file);
};

/** Other programs than DVC have written listings in other orders. */
const sortEntries = (entries: DirEntry[], file: string): DirEntry[] => {
  entries.sort((a, b) => comparePaths(a.path, b.path));
  const twice = entries.find(({ path }, at) => path === entries[at + 1]?.path);
  if (twice !== undefined) throw dvcFileUnreadable(file, `it names ${twice.path} twice`);
  return entries;
};

const parseListing = function* (pieces: Iterable<Buffer>, file: string): Generator<DirEntry, void> {
  for (const text of objectsIn(pieces, file)) {
    const { success, data, error } = Entry.safeParse(parseObject(text, file));
    if (!success) throw dvcFileUnreadable(file, `an entry is wrong: ${error.issues[0]?.message ?? ''}`);
    yield { path: data.relpath, md5: data.md5 };
  }
};

const parseObject = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw dvcFileUnreadable(file, error instanceof Error ? error.message : String(error));
  }
};

/** The flat objects of a JSON array, as text, one after the other. */
const objectsIn = function* (pieces: Iterable<Buffer>, file: string): Generator<string, void> {
  const decoder = new StringDecoder('utf8');
  const scan = startScan();
  for (const piece of pieces) yield* scan.add(decoder.write(piece));
  if (!scan.isBetween()) throw dvcFileUnreadable(file, 'it ends in the middle');
};

/** Marks that matter: those of strings, and of objects outside of strings. */
const marks = /["\\{}]/g;

const startScan = () => {
  /** Text from the start of the object that is open, and where in it the scan goes on. */
  let [text, at] = ['', 0];
  let [open, quoted] = [false, false];
  /** @returns the object that ends here */
  const take = (mark: string, end: number): string | null => {
    if (mark === '"') quoted = !quoted;
    if (quoted || mark === '"') return null;
    if (mark === '{') [open, text, at] = [true, text.slice(end - 1), 1];
    if (mark === '{' || !open) return null;
    const object = text.slice(0, end);
    [open, text, at] = [false, text.slice(end), 0];
    return object;
  };
  return {
    add: function* (more: string): Generator<string, void> {
      text = open ? text + more : more;
      for (let found = next(text, at); found !== null; found = next(text, at)) {
        at = found.index + (found[0] === '\\' ? 2 : 1);
        const object = found[0] === '\\' ? null : take(found[0], found.index + 1);
        if (object !== null) yield object;
      }
      at = open ? Math.max(at, text.length) : Math.max(0, at - text.length);
    },
    isBetween: () => !open && !quoted,
  };
};

const next = (text: string, at: number): RegExpExecArray | null => {
  marks.lastIndex = at;
  return marks.exec(text);
};
