import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../contract/ids.ts';
import { readPackIndex, type PackIndex, type Span } from './pack-index.ts';

export interface PackedSpan extends Span {
  readonly file: string;
}

/** Time within which a folder may change twice under one time stamp, in milliseconds. */
const RACY_MS = 1_000;

/**
 * Finds objects in all packs of a folder. Other processes add packs meanwhile: after a miss the folder is read
 * again, unless its time stamp proves that nothing was added.
 */
export const openPacks = (folder: string) => {
  const known = new Map<string, PackIndex>();
  let seen = { modifiedAt: -1, settled: false };

  const refresh = (): boolean => {
    const modifiedAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    if (modifiedAt === undefined || (modifiedAt === seen.modifiedAt && seen.settled)) return false;
    seen = { modifiedAt, settled: Date.now() - modifiedAt > RACY_MS };
    let found = false;
    for (const name of readdirSync(folder)) {
      if (!name.endsWith('.index') || known.has(name)) continue;
      const index = readPackIndex(readFileSync(join(folder, name)));
      if (index === null) continue;
      known.set(name, index);
      found = true;
    }
    return found;
  };
  const search = (hash: Hash): PackedSpan | undefined => {
    for (const [name, index] of known) {
      const span = index.find(hash);
      if (span !== undefined) return { ...span, file: join(folder, name.replace(/index$/, 'pack')) };
    }
    return undefined;
  };
  return { find: (hash: Hash): PackedSpan | undefined => search(hash) ?? (refresh() ? search(hash) : undefined) };
};
